import { visible } from './protocol.ts'

/** Most that is kept of what a program says on its standard error, in bytes: the end tells why it ended. */
const TAIL_SIZE = 8 << 10

/** Most of it that goes into an error, in characters. */
const TEXT_MAX = 500

/** Keeps the end of what a program says. */
export class MessageTail {
  #tail: Buffer = Buffer.alloc(0)

  add(chunk: Uint8Array): void {
    this.#tail = Buffer.concat([this.#tail, chunk]).subarray(-TAIL_SIZE)
  }

  /** The last line, for people: of skopeo's log lines their message. Empty where nothing was said. */
  text(): string {
    const lines = this.#tail.toString().split('\n')
    const last = lines.findLast(line => line.trim() !== '') ?? ''
    return visible(messageOf(last)).slice(0, TEXT_MAX)
  }
}

/** `time="…" level=fatal msg="…"` is how skopeo logs. */
function messageOf(line: string): string {
  const quoted = / msg=("(?:[^"\\]|\\.)*")/.exec(line)?.[1]
  if (quoted === undefined) return line
  try {
    return String(JSON.parse(quoted))
  } catch {
    // Escapes of Go that JSON has not.
    return quoted.slice(1, -1)
  }
}
