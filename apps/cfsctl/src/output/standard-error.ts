import { fstatSync, writeSync } from 'node:fs'

const FILE = 2
/** Device number of /dev/null: a device like a terminal, but nobody reads there. */
const NULL_DEVICE = 0x103

// The streams of Node take milliseconds to load, and most commands have nothing to say.
let stream: NodeJS.WriteStream | undefined

/** Whether messages are shown on a terminal. */
export function isErrorTerminal(): boolean {
  const status = fstatSync(FILE)
  if (!status.isCharacterDevice() || status.rdev === NULL_DEVICE) return false
  return openStream().isTTY === true
}

/**
 * Writes a message. Pipes and sockets are written by the event loop: a signal gets through while their reader is slow.
 * Files and terminals would be written at once by a stream, too.
 */
export function writeMessage(text: string): void {
  if (stream === undefined && !isPipe()) writeNow(Buffer.from(text))
  else openStream().write(text)
}

/** Writes a message when there is nothing more to do than to end. */
export function writeLastMessage(text: string): void {
  // What has been written before may still be on its way.
  if (stream === undefined) writeNow(Buffer.from(text))
  else stream.write(text)
}

/** Waits until a slow reader has taken what is written: the end of the process would cut it off. */
export async function flushMessages(): Promise<void> {
  if (stream === undefined || stream.writableLength === 0) return
  const flushed = Promise.withResolvers<void>()
  stream.write('', () => flushed.resolve())
  await flushed.promise
}

function openStream(): NodeJS.WriteStream {
  if (stream === undefined) {
    stream = process.stderr
    // Messages that nobody reads any more are no reason to stop.
    stream.on('error', () => {})
  }
  return stream
}

function isPipe(): boolean {
  const status = fstatSync(FILE)
  return status.isFIFO() || status.isSocket()
}

function writeNow(bytes: Uint8Array): void {
  let at = 0
  try {
    while (at < bytes.length) at += writeSync(FILE, bytes, at)
  } catch {
    // Somebody made the pipe one that does not wait; or there is nobody to read, which the stream knows how to bear.
    openStream().write(bytes.subarray(at))
  }
}
