import { fstatSync, writeSync } from 'node:fs'
import { CliError } from '../errors/cli-error.ts'

/** Where results go: standard output. */
export interface Sink {
  isTerminal(): boolean
  /** Resolves when the bytes are written; they may be changed then. */
  write(data: Uint8Array | string): Promise<void>
}

/** The reader of our output is gone: a quiet end, exit 141. */
export class ClosedOutputError extends Error {
  override readonly name = 'ClosedOutputError'
}

/** Standard output of this process. */
export function standardOutput(): Sink {
  return isSeekable(1) ? directOutput() : streamOutput()
}

/**
 * Standard output, written by the system call itself. Files always are: the stream of Node takes a short write to a
 * full disk for a whole one. Pipes and terminals are where nothing is left that a signal would have to stop in order:
 * while a reader is slow, no listener of ours is called. The streams of Node take milliseconds to load.
 */
export function directOutput(): Sink {
  const file = 1
  return {
    isTerminal: () => !isSeekable(file) && process.stdout.isTTY === true,
    async write(data) {
      const bytes = typeof data === 'string' ? Buffer.from(data) : data
      let at = 0
      try {
        while (at < bytes.length) at += writeSync(file, bytes, at)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw outputError(error)
        // Somebody made the pipe one that does not wait.
        await streamOutput().write(bytes.subarray(at))
      }
    },
  }
}

/** Pipes, sockets and terminals are written by the event loop, so that a signal gets through while a reader is slow. */
function streamOutput(): Sink {
  const stream = process.stdout
  // Without a listener the failure of a write would end the process before its callback is called.
  if (stream.listenerCount('error') === 0) stream.on('error', () => {})
  return {
    isTerminal: () => stream.isTTY === true,
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
