import { fstatSync, writeSync } from 'node:fs'
import { CliError } from '../errors/cli-error.ts'

/** Where results go: standard output. */
export interface Sink {
  readonly isTerminal: boolean
  /** Resolves when the bytes are written; they may be changed then. */
  write(data: Uint8Array | string): Promise<void>
}

/** The reader of our output is gone: a quiet end, exit 141. */
export class ClosedOutputError extends Error {
  override readonly name = 'ClosedOutputError'
}

/** Standard output of this process. */
export function standardOutput(): Sink {
  return isSeekable(1) ? fileSink(1) : streamSink(process.stdout)
}

/** Files are written here and not by the stream of Node, which takes a short write to a full disk for a whole one. */
function fileSink(file: number): Sink {
  return {
    isTerminal: false,
    async write(data) {
      const bytes = typeof data === 'string' ? Buffer.from(data) : data
      try {
        for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
      } catch (error) {
        throw outputError(error)
      }
    },
  }
}

/** Pipes, sockets and terminals are written by the event loop, so that a signal gets through while a reader is slow. */
function streamSink(stream: NodeJS.WriteStream): Sink {
  // Without a listener the failure of a write would end the process before its callback is called.
  stream.on('error', () => {})
  return {
    isTerminal: stream.isTTY === true,
    write: data =>
      new Promise((resolve, reject) => {
        stream.write(data, error => {
          if (error === null || error === undefined) resolve()
          else reject(outputError(error))
        })
      }),
  }
}

function outputError(error: unknown): Error {
  if (isBrokenPipe(error)) return new ClosedOutputError('standard output was closed')
  return new CliError('io-error', 'standard output cannot be written', { cause: error })
}

function isBrokenPipe(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  // After the first failure the stream is destroyed and tells later writes so.
  return (
    code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED' || code === 'ERR_STREAM_WRITE_AFTER_END'
  )
}

function isSeekable(file: number): boolean {
  const stat = fstatSync(file)
  return stat.isFile() || stat.isBlockDevice()
}
