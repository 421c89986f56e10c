import { createGunzip } from 'node:zlib'
import type { DecoderEngine } from '@composefs/repository'
import { OciError, type OciErrorCode } from '../errors.ts'
import { EventLoopTurns } from '../transfer/event-loop-turns.ts'
import { GzipMembers } from './gzip-members.ts'
import type { Output } from './output.ts'
import { inSteps, type PushDecoder, STEP_SIZE } from './push-decoder.ts'
import { StreamDecoder } from './stream-decoder.ts'

/**
 * Decompresses all members of a gzip file, and yields whenever the output is full, or has something while the blob has
 * to be waited for. Zeros may follow the last member (tapes and some builders fill up), anything else may not.
 *
 * zlib itself checks headers (method, reserved flags, CRC), and CRC and length of each member (RFC 1952); any number of
 * small members, as eStargz layers have them, are decompressed without a wait.
 *
 * @param decoders who decompresses. Default: `node:zlib`
 * @throws OciError ERR_OCI_COMPRESSION_TRUNCATED, ERR_OCI_COMPRESSION_CORRUPT, ERR_OCI_COMPRESSION_BAD_CHECKSUM,
 *   ERR_OCI_COMPRESSION_TRAILING_DATA
 */
export async function* gunzip(
  blob: AsyncIterable<Uint8Array>,
  output: Output,
  decoders?: DecoderEngine,
): AsyncGenerator<void, void, undefined> {
  const raw = decoders?.gzip()
  const explainHere = (error: Error) => explain(error, decoder.bytesRead)
  const decoder: PushDecoder =
    raw === undefined
      ? new StreamDecoder(createGunzip({ chunkSize: STEP_SIZE }), output, explainHere)
      : new GzipMembers(raw, output, explainHere)
  const turns = new EventLoopTurns()
  let offset = 0
  try {
    for await (const chunk of blob) {
      for (const piece of inSteps(chunk)) {
        if (!decoder.hasEnded) yield* decoder.decode(piece)
        if (decoder.hasEnded) assertZeros(piece, Math.max(0, decoder.bytesRead - offset), offset)
        offset += piece.length
        // Much of a blob may come to nothing.
        const turn = turns.due()
        if (turn !== undefined) await turn
      }
      yield* output.handOver()
    }
    yield* decoder.finish()
  } finally {
    decoder.close()
  }
}

/** What zlib says, in our words: its messages are older than most readers of this, and its error number is one for all. */
const MESSAGES: Readonly<Record<string, readonly [OciErrorCode, string]>> = {
  'unexpected end of file': ['ERR_OCI_COMPRESSION_TRUNCATED', 'the gzip data ends too early'],
  'incorrect data check': ['ERR_OCI_COMPRESSION_BAD_CHECKSUM', 'a gzip member with a wrong CRC'],
  'incorrect length check': [
    'ERR_OCI_COMPRESSION_BAD_CHECKSUM',
    'a gzip member with a wrong length field',
  ],
  // The magic of the first member was looked at before: it is a later one that is none.
  'incorrect header check': [
    'ERR_OCI_COMPRESSION_TRAILING_DATA',
    'bytes behind the gzip data that are no gzip data',
  ],
}

function explain(error: Error, offset: number): Error {
  const isZlibError = 'code' in error && typeof error.code === 'string' && /^Z_/.test(error.code)
  if (!isZlibError) return error
  const [code, message] = MESSAGES[error.message] ?? [
    'ERR_OCI_COMPRESSION_CORRUPT',
    `corrupt gzip data (${error.message})`,
  ]
  return new OciError(code, message, { offset }, { cause: error })
}

function assertZeros(chunk: Uint8Array, from: number, chunkOffset: number): void {
  for (let i = from; i < chunk.length; i++) {
    if (chunk[i] === 0) continue
    throw new OciError(
      'ERR_OCI_COMPRESSION_TRAILING_DATA',
      'bytes behind the end of the gzip data that are not zero',
      { offset: chunkOffset + i },
    )
  }
}
