import { concatBytes } from '@composefs/bytes'
import { BlobCounter, type BlobRequest } from './blob-counter.ts'
import { PipeReader } from './pipe-reader.ts'
import { decodeBlobError, protocolError } from './protocol.ts'
import type { ProxySession } from './proxy-session.ts'

/** Longest error that comes through the second pipe, in bytes. */
const ERROR_SIZE_MAX = 64 << 10

/**
 * Reads a blob by GetRawBlob: one pipe with the bytes, which ends with them, and one for an error.
 *
 * @throws OciError ERR_OCI_SIZE_MISMATCH, ERR_OCI_SKOPEO_*; the reason of `signal`
 */
export async function* readRawBlob(
  session: ProxySession,
  request: BlobRequest,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, 'complete', undefined> {
  const { connection, image } = session
  const counter = new BlobCounter(request)
  const reply = await connection.request('GetRawBlob', [image, request.digest], { signal })
  const { data, error } = openPipes(session, reply.files)
  const onAbort = () => {
    data.close(signal.reason)
    error.close(signal.reason)
  }
  signal.addEventListener('abort', onAbort)
  try {
    if (signal.aborted) onAbort()
    counter.announced(reply.value)
    for (let chunk = await data.next(); chunk !== undefined; chunk = await data.next()) {
      const news = counter.take(chunk)
      if (news !== undefined) yield news
    }
    const failure = decodeBlobError(await readError(error))
    if (failure !== undefined) throw failure
    const death = counter.isComplete ? undefined : await connection.causeOfDeath()
    if (death !== undefined) throw death
    counter.end()
    return 'complete'
  } finally {
    signal.removeEventListener('abort', onAbort)
    data.close()
    error.close()
  }
}

/** Takes over the two descriptors, also when it fails. */
function openPipes(
  { connection, closeFile, idleTimeoutMs }: ProxySession,
  files: readonly number[],
): { readonly data: PipeReader; readonly error: PipeReader } {
  const [dataFile, errorFile] = files
  if (dataFile === undefined || errorFile === undefined || files.length > 2) {
    connection.closeFiles(files)
    throw protocolError('GetRawBlob', `${files.length} descriptors`)
  }
  const options = { closeFile, idleTimeoutMs }
  let data: PipeReader | undefined
  let rest = [errorFile]
  try {
    data = new PipeReader(dataFile, 'GetRawBlob', options)
    rest = []
    return { data, error: new PipeReader(errorFile, 'GetRawBlob', options) }
  } catch (error) {
    data?.close()
    connection.closeFiles(rest)
    throw error
  }
}

async function readError(reader: PipeReader): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for (;;) {
    const chunk = await reader.next()
    if (chunk === undefined) return concatBytes(chunks)
    size += chunk.length
    if (size > ERROR_SIZE_MAX) throw protocolError('GetRawBlob', 'an error without an end')
    chunks.push(chunk)
  }
}
