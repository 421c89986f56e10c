import { struct, u32, u64 } from '@composefs/bytes'
import { libc } from './libc.ts'

/** struct msghdr of 64-bit Linux. The C libraries agree on it where numbers are little-endian. */
const MessageHeader = struct(56, {
  /** Address of the sender; unused. */
  name: u64,
  nameLength: u32,
  padding: u32,

  /** Address of the list of buffers. */
  buffers: u64,
  bufferCount: u64,

  /** Address of the ancillary data. */
  control: u64,
  /** Room for it going in, its length coming out, in bytes. */
  controlLength: u64,

  /** Coming out: what did not fit. */
  flags: u32,
  padding2: u32,
})

/** struct iovec. */
const BufferEntry = struct(16, {
  address: u64,
  length: u64,
})

/** struct cmsghdr. What it is the head of follows, padded to 8 bytes. */
const ControlHeader = struct(16, {
  /** Bytes, the head included. */
  length: u64,
  level: u32,
  type: u32,
})

const SOL_SOCKET = 1
/** The ancillary data are descriptors, 4 bytes each. */
const SCM_RIGHTS = 1
/** More ancillary data came than there was room for; the kernel closed those descriptors. */
export const MSG_CTRUNC = 0x8
/** The message was longer than the buffer. */
export const MSG_TRUNC = 0x20

/**
 * Memory for one message: the header, the one buffer it names, the ancillary data with room for some descriptors.
 *
 * An ArrayBuffer each: these lie outside of the heap and do not move, so the addresses in the header stay right.
 */
export class MessageMemory {
  readonly header: Uint8Array
  readonly #header = new ArrayBuffer(MessageHeader.size)
  readonly #entry = new ArrayBuffer(BufferEntry.size)
  readonly #data: ArrayBuffer
  readonly #control: ArrayBuffer

  /** @param filesMax most descriptors that come with a message */
  constructor(dataSize: number, filesMax: number) {
    this.header = new Uint8Array(this.#header)
    this.#data = new ArrayBuffer(dataSize)
    this.#control = new ArrayBuffer(ControlHeader.size + align(4 * filesMax))
  }

  /** Makes the header ask for a message of any size that fits. */
  prepareToReceive(): void {
    this.#write(this.#data.byteLength, this.#control.byteLength)
  }

  /** Makes the header describe a message with descriptors. */
  prepareToSend(data: Uint8Array, files: readonly number[]): void {
    new Uint8Array(this.#data).set(data)
    this.#write(data.length, files.length === 0 ? 0 : ControlHeader.size + align(4 * files.length))
    if (files.length === 0) return
    const view = new DataView(this.#control)
    const length = BigInt(ControlHeader.size + 4 * files.length)
    ControlHeader.write(view, 0, { length, level: SOL_SOCKET, type: SCM_RIGHTS })
    files.forEach((file, i) => {
      view.setInt32(ControlHeader.size + 4 * i, file, true)
    })
  }

  /** A copy of the first `size` bytes of what was received. */
  data(size: number): Uint8Array {
    return new Uint8Array(this.#data.slice(0, size))
  }

  /** The flags that came with the message. */
  flags(): number {
    return MessageHeader.read(new DataView(this.#header), 0).flags
  }

  /** The descriptors that came with the message: open from now on, and whose job it is to close them is the caller's. */
  files(): number[] {
    const { controlLength } = MessageHeader.read(new DataView(this.#header), 0)
    const end = Math.min(Number(controlLength), this.#control.byteLength)
    const view = new DataView(this.#control)
    const files: number[] = []
    for (let at = 0; at + ControlHeader.size <= end; ) {
      const head = ControlHeader.read(view, at)
      const length = Number(head.length)
      if (length < ControlHeader.size || at + length > end) break
      if (head.level === SOL_SOCKET && head.type === SCM_RIGHTS) {
        for (let i = at + ControlHeader.size; i + 4 <= at + length; i += 4) {
          files.push(view.getInt32(i, true))
        }
      }
      at += align(length)
    }
    return files
  }

  #write(length: number, controlLength: number): void {
    const { address } = libc()
    BufferEntry.write(new DataView(this.#entry), 0, {
      address: address(this.#data),
      length: BigInt(length),
    })
    MessageHeader.write(new DataView(this.#header), 0, {
      name: 0n,
      nameLength: 0,
      padding: 0,
      buffers: address(this.#entry),
      bufferCount: 1n,
      control: controlLength === 0 ? 0n : address(this.#control),
      controlLength: BigInt(controlLength),
      flags: 0,
      padding2: 0,
    })
  }
}

function align(size: number): number {
  return (size + 7) & ~7
}
