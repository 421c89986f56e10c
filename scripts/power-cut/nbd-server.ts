import { createServer, type Server, type Socket } from 'node:net'
import { SocketReader } from './socket-reader.ts'
import type { VolatileDisk } from './volatile-disk.ts'

// The NBD protocol, as far as qemu needs it: https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md

const INIT_MAGIC = 0x4e42444d41474943n // NBDMAGIC
const OPTION_MAGIC = 0x49484156454f5054n // IHAVEOPT
const OPTION_REPLY_MAGIC = 0x3e889045565a9n
const REQUEST_MAGIC = 0x25609513
const REPLY_MAGIC = 0x67446698

/** Newstyle, and no zeroes behind the answer to EXPORT_NAME. */
const HANDSHAKE_FLAGS = 3
/** The flags are given, and flushes are understood. */
const TRANSMISSION_FLAGS = 1 | 4

const OPTION = { exportName: 1, abort: 2, go: 7 } as const
const OPTION_REPLY = { ack: 1, info: 3, unsupported: 0x80000001 } as const
const INFO_EXPORT = 0
const COMMAND = { read: 0, write: 1, disconnect: 2, flush: 3 } as const
const EINVAL = 22

/** The kinds of requests that change what is on the disk. */
export type DiskRequest = 'write' | 'flush'

interface Request {
  readonly command: number
  readonly cookie: bigint
  readonly offset: number
  readonly length: number
  readonly data: Uint8Array
}

/** Serves a disk to one virtual machine, over a Unix socket, until the power is cut. */
export class NbdServer {
  readonly #disk: VolatileDisk
  readonly #server: Server
  readonly #onRequest: (request: DiskRequest) => void
  readonly #sockets = new Set<Socket>()

  /** `onRequest` is called when a request has been carried out, before its answer is sent. */
  constructor(disk: VolatileDisk, onRequest: (request: DiskRequest) => void = () => {}) {
    this.#disk = disk
    this.#onRequest = onRequest
    this.#server = createServer(socket => {
      this.#sockets.add(socket)
      // A client that goes away, or is cut off, is no error: it is what this is for.
      socket.on('error', () => {})
      void this.#serve(socket).finally(() => socket.destroy())
    })
  }

  async listen(path: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#server.once('error', reject).listen(path, resolve)
    await promise
  }

  /** From here on no request arrives any more, and no answer goes out. */
  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }

  async #serve(socket: Socket): Promise<void> {
    const reader = new SocketReader(socket)
    if (!(await negotiate(socket, reader, this.#disk.size))) return
    for (;;) {
      const request = await readRequest(reader)
      if (request === undefined || socket.destroyed) return
      const answer = this.#carryOut(request)
      if (answer === undefined) return
      socket.write(answer)
    }
  }

  /** The answer; undefined when the client wants none any more. */
  #carryOut({ command, offset, length, data, cookie }: Request): Uint8Array | undefined {
    switch (command) {
      case COMMAND.read:
        return Buffer.concat([reply(cookie), this.#disk.read(offset, length)])
      case COMMAND.write:
        this.#disk.write(offset, data)
        this.#onRequest('write')
        return reply(cookie)
      case COMMAND.flush:
        this.#disk.flush()
        this.#onRequest('flush')
        return reply(cookie)
      case COMMAND.disconnect:
        return undefined
      default:
        return reply(cookie, EINVAL)
    }
  }
}

/** The handshake; false when the client leaves. */
async function negotiate(socket: Socket, reader: SocketReader, size: number): Promise<boolean> {
  const greeting = Buffer.alloc(18)
  greeting.writeBigUInt64BE(INIT_MAGIC, 0)
  greeting.writeBigUInt64BE(OPTION_MAGIC, 8)
  greeting.writeUInt16BE(HANDSHAKE_FLAGS, 16)
  socket.write(greeting)
  if ((await reader.take(4)) === undefined) return false
  for (;;) {
    const head = await reader.take(16)
    if (head?.readBigUInt64BE(0) !== OPTION_MAGIC) return false
    const option = head.readUInt32BE(8)
    if ((await reader.take(head.readUInt32BE(12))) === undefined) return false
    switch (option) {
      case OPTION.exportName:
        socket.write(exportFacts(size))
        return true
      case OPTION.go: {
        const kind = Buffer.alloc(2)
        kind.writeUInt16BE(INFO_EXPORT)
        const info = Buffer.concat([kind, exportFacts(size)])
        socket.write(optionReply(option, OPTION_REPLY.info, info))
        socket.write(optionReply(option, OPTION_REPLY.ack))
        return true
      }
      case OPTION.abort:
        return false
      default:
        socket.write(optionReply(option, OPTION_REPLY.unsupported))
    }
  }
}

function exportFacts(size: number): Buffer {
  const bytes = Buffer.alloc(10)
  bytes.writeBigUInt64BE(BigInt(size), 0)
  bytes.writeUInt16BE(TRANSMISSION_FLAGS, 8)
  return bytes
}

function optionReply(option: number, kind: number, data: Uint8Array = new Uint8Array()): Buffer {
  const head = Buffer.alloc(20)
  head.writeBigUInt64BE(OPTION_REPLY_MAGIC, 0)
  head.writeUInt32BE(option, 8)
  head.writeUInt32BE(kind, 12)
  head.writeUInt32BE(data.length, 16)
  return Buffer.concat([head, data])
}

/** The next request; undefined at the end of the connection. */
async function readRequest(reader: SocketReader): Promise<Request | undefined> {
  const head = await reader.take(28)
  if (head?.readUInt32BE(0) !== REQUEST_MAGIC) return undefined
  const command = head.readUInt16BE(6)
  const length = head.readUInt32BE(24)
  const data = command === COMMAND.write ? await reader.take(length) : Buffer.alloc(0)
  if (data === undefined) return undefined
  const cookie = head.readBigUInt64BE(8)
  return { command, cookie, offset: Number(head.readBigUInt64BE(16)), length, data }
}

function reply(cookie: bigint, error = 0): Buffer {
  const bytes = Buffer.alloc(16)
  bytes.writeUInt32BE(REPLY_MAGIC, 0)
  bytes.writeUInt32BE(error, 4)
  bytes.writeBigUInt64BE(cookie, 8)
  return bytes
}
