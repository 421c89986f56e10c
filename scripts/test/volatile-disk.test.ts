import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type DiskRequest, NbdServer } from '../power-cut/nbd-server.ts'
import { SocketReader } from '../power-cut/socket-reader.ts'
import { SECTOR, VolatileDisk } from '../power-cut/volatile-disk.ts'

const SECTORS = 8

let directory: string
let path: string
let disk: VolatileDisk
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'composefs-disk-'))
  path = join(directory, 'disk')
  writeFileSync(path, new Uint8Array(SECTORS * SECTOR))
  disk = new VolatileDisk(path)
})
afterEach(() => {
  disk.close()
  rmSync(directory, { recursive: true })
})

/** The first byte of every sector of the file. */
const content = () => [...readFileSync(path).filter((_, at) => at % SECTOR === 0)]
const sectors = (count: number, value: number) => new Uint8Array(count * SECTOR).fill(value)

describe('a disk with a cache', () => {
  test('reads what was written, flushed or not', () => {
    disk.write(SECTOR, sectors(2, 1))
    disk.flush()
    disk.write(2 * SECTOR, sectors(1, 2))
    expect(disk.read(SECTOR, 2 * SECTOR)).toEqual(Buffer.concat([sectors(1, 1), sectors(1, 2)]))
  })

  test('keeps what was flushed when the power is cut, and loses the rest', () => {
    disk.write(0, sectors(3, 1))
    disk.flush()
    disk.write(SECTOR, sectors(3, 2))
    disk.write(SECTOR, sectors(1, 3))
    expect(disk.unflushed).toBe(3)
    expect(disk.cut(() => false)).toEqual({ lost: 3, kept: 0 })
    expect(content()).toEqual([1, 1, 1, 0, 0, 0, 0, 0])
  })

  test('may have written any of it, whatever the order', () => {
    disk.write(0, sectors(4, 1))
    disk.write(4 * SECTOR, sectors(4, 2))
    let count = 0
    expect(disk.cut(() => count++ % 2 === 1)).toEqual({ lost: 4, kept: 4 })
    expect(content()).toEqual([0, 1, 0, 1, 0, 2, 0, 2])
  })
})

describe('the server of a disk', () => {
  const requests: DiskRequest[] = []
  let onRequest: (request: DiskRequest) => void
  let server: NbdServer
  let client: Socket
  let reader: SocketReader
  beforeEach(async () => {
    requests.length = 0
    onRequest = request => requests.push(request)
    server = new NbdServer(disk, request => onRequest(request))
    const socket = join(directory, 'socket')
    await server.listen(socket)
    client = connect(socket)
    client.on('error', () => {})
    await once(client, 'connect')
    reader = new SocketReader(client)
  })
  afterEach(() => {
    client.destroy()
    server.close()
  })

  /** The handshake of a client that asks for more than there is; returns the size of the disk. */
  async function shakeHands(): Promise<number | undefined> {
    const greeting = await reader.take(18)
    expect(greeting?.subarray(0, 16).toString('latin1')).toBe('NBDMAGICIHAVEOPT')
    client.write(Uint8Array.of(0, 0, 0, 3))
    client.write(option(8))
    expect((await reader.take(20))?.readUInt32BE(12)).toBe(0x80000001)
    client.write(option(7, new Uint8Array(6)))
    const info = await reader.take(20 + 12)
    expect((await reader.take(20))?.readUInt32BE(12)).toBe(1)
    return Number(info?.readBigUInt64BE(22))
  }

  function option(code: number, data: Uint8Array = new Uint8Array()): Uint8Array {
    const head = Buffer.alloc(16)
    head.write('IHAVEOPT', 'latin1')
    head.writeUInt32BE(code, 8)
    head.writeUInt32BE(data.length, 12)
    return Buffer.concat([head, data])
  }

  function send(command: number, at: { offset?: number; length?: number; data?: Uint8Array }) {
    const head = Buffer.alloc(28)
    head.writeUInt32BE(0x25609513, 0)
    head.writeUInt16BE(command, 6)
    head.writeUInt32BE(77, 12)
    head.writeUInt32BE(at.offset ?? 0, 20)
    head.writeUInt32BE(at.data?.length ?? at.length ?? 0, 24)
    client.write(Buffer.concat([head, at.data ?? new Uint8Array()]))
  }

  /** The error of an answer; undefined when the connection is gone. */
  async function answer(): Promise<number | undefined> {
    const head = await reader.take(16)
    if (head !== undefined) expect(head.readUInt32BE(12)).toBe(77)
    return head?.readUInt32BE(4)
  }

  test('writes, reads and flushes', async () => {
    expect(await shakeHands()).toBe(SECTORS * SECTOR)
    send(1, { offset: SECTOR, data: sectors(2, 9) })
    expect(await answer()).toBe(0)
    send(0, { offset: SECTOR, length: SECTOR })
    expect(await answer()).toBe(0)
    expect(await reader.take(SECTOR)).toEqual(Buffer.from(sectors(1, 9)))
    send(3, {})
    expect(await answer()).toBe(0)
    expect(requests).toEqual(['write', 'flush'])
    expect(disk.unflushed).toBe(0)
  })

  test('refuses what it does not know', async () => {
    await shakeHands()
    send(4, { length: SECTOR })
    expect(await answer()).toBe(22)
  })

  test('carries out nothing more after a cut, whatever has been sent', async () => {
    await shakeHands()
    onRequest = () => {
      server.close()
      disk.cut(() => true)
    }
    client.cork()
    send(1, { offset: 0, data: sectors(1, 1) })
    send(1, { offset: SECTOR, data: sectors(1, 2) })
    client.uncork()
    expect(await answer()).toBeUndefined()
    expect(content()).toEqual([1, 0, 0, 0, 0, 0, 0, 0])
  })
})
