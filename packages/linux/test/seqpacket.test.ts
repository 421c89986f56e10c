import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readdirSync, readSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { createSocketPair, linuxSocketPairs, SeqpacketSocket } from '../src/index.ts'

const ENCODER = new TextEncoder()
const DECODER = new TextDecoder()

const hasPython = spawnSync('python3', ['--version']).status === 0

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

/** Two ends in this process. */
function pair(): { left: SeqpacketSocket; right: SeqpacketSocket } {
  const { socket, file } = createSocketPair()
  const right = new SeqpacketSocket(file)
  cleanups.push(() => {
    socket.close()
    right.close()
  })
  return { left: socket, right }
}

function openFiles(): number {
  return readdirSync('/proc/self/fd').length
}

async function text(socket: SeqpacketSocket): Promise<string | undefined> {
  const message = await socket.receive()
  return message && DECODER.decode(message.data)
}

describe('messages', () => {
  test('come whole, in order, both ways', async () => {
    const { left, right } = pair()
    left.send(ENCODER.encode('one'))
    left.send(ENCODER.encode('two'))
    right.send(ENCODER.encode('three'))
    expect(await text(right)).toBe('one')
    expect(await text(right)).toBe('two')
    expect(await text(left)).toBe('three')
  })

  test('are waited for', async () => {
    const { left, right } = pair()
    const waiting = text(right)
    setTimeout(() => left.send(ENCODER.encode('late')), 30)
    expect(await waiting).toBe('late')
  })

  test('may have 128 KiB and no more', async () => {
    const { left, right } = pair()
    left.send(new Uint8Array(128 << 10).fill(7))
    const message = await right.receive()
    expect(message?.data.length).toBe(128 << 10)
    expect(message?.data.every(byte => byte === 7)).toBe(true)
    expect(() => left.send(new Uint8Array((128 << 10) + 1))).toThrow(/EMSGSIZE/)
  })

  test('pile up until EAGAIN, never blocking', () => {
    const { left } = pair()
    expect(() => {
      for (let i = 0; i < 10_000; i++) left.send(new Uint8Array(64 << 10))
    }).toThrow(expect.objectContaining({ code: 'EAGAIN', syscall: 'sendmsg' }))
  })
})

describe('descriptors', () => {
  test('come with a message, as files of their own', async () => {
    const { left, right } = pair()
    const file = openSync('/proc/self/status', 'r')
    left.send(ENCODER.encode('here'), [file, file])
    closeSync(file)
    const message = await right.receive()
    expect(message?.files).toHaveLength(2)
    for (const each of message?.files ?? []) {
      const buffer = Buffer.alloc(5)
      readSync(each, buffer, 0, 5, 0)
      expect(buffer.toString()).toBe('Name:')
      // Processes that are started now do not get it.
      const flags = spawnSync('cat', [`/proc/${process.pid}/fdinfo/${each}`]).stdout.toString()
      expect(flags).toMatch(/flags:\s+0?2\d{6}/)
      linuxSocketPairs.closeFile(each)
    }
  })

  test('are eight at most', async () => {
    const { left, right } = pair()
    const before = openFiles()
    const file = openSync('/dev/null', 'r')
    expect(() => left.send(new Uint8Array(1), Array(9).fill(file))).toThrow(/EMSGSIZE/)
    left.send(new Uint8Array(1), Array(8).fill(file))
    closeSync(file)
    const message = await right.receive()
    expect(message?.files).toHaveLength(8)
    for (const each of message?.files ?? []) linuxSocketPairs.closeFile(each)
    expect(openFiles()).toBe(before)
  })

  test('of a message without bytes, which is taken for the end, are closed', async () => {
    const { left, right } = pair()
    const before = openFiles()
    const file = openSync('/proc/self/status', 'r')
    left.send(new Uint8Array(0), [file, file])
    closeSync(file)
    expect(await right.receive()).toBeUndefined()
    expect(openFiles()).toBe(before)
  })

  test.skipIf(!hasPython)('of a message that does not fit are closed (needs python3)', async () => {
    const { socket, file } = createSocketPair()
    cleanups.push(() => socket.close())
    const before = openFiles()
    const script = `
import array, os, socket, sys
s = socket.socket(fileno=0)
n = os.open('/dev/null', os.O_RDONLY)
fds = array.array('i', [n] * int(sys.argv[1]))
s.sendmsg([b'x' * int(sys.argv[2])], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])`
    for (const [files, bytes] of [
      ['9', '1'],
      ['200', '1'],
      ['2', '140000'],
    ]) {
      const child = spawn('python3', ['-c', script, String(files), String(bytes)], {
        stdio: [file, 'ignore', 'inherit'],
      })
      const exit = once(child, 'exit')
      await expect(socket.receive()).rejects.toMatchObject({
        code: 'EMSGSIZE',
        syscall: 'recvmsg',
      })
      await exit
    }
    expect(openFiles()).toBe(before)
    linuxSocketPairs.closeFile(file)
  })
})

describe('the end', () => {
  test('of the other end is no message', async () => {
    const { left, right } = pair()
    left.send(ENCODER.encode('last'))
    left.close()
    left.close()
    expect(await text(right)).toBe('last')
    expect(await right.receive()).toBeUndefined()
    expect(() => right.send(new Uint8Array(1))).toThrow(/EPIPE/)
  })

  test('of the other end with unread messages is no error', async () => {
    const { left, right } = pair()
    right.send(new Uint8Array(1))
    left.close()
    expect(await right.receive()).toBeUndefined()
  })

  test('of this end is seen by a call that waits', async () => {
    const { left } = pair()
    const waiting = left.receive()
    left.close()
    expect(await waiting).toBeUndefined()
    expect(() => left.send(new Uint8Array(1))).toThrow(/EBADF/)
  })

  test('of a process is seen once its end is closed here', async () => {
    const { socket, file } = createSocketPair()
    cleanups.push(() => socket.close())
    const child = spawn('true', { stdio: [file, 'ignore', 'ignore'] })
    const exit = once(child, 'exit')
    linuxSocketPairs.closeFile(file)
    expect(await socket.receive()).toBeUndefined()
    await exit
  })
})

test('waiting stops with the reason of the signal', async () => {
  const { left, right } = pair()
  const controller = new AbortController()
  const waiting = right.receive({ signal: controller.signal })
  const reason = new Error('enough')
  setTimeout(() => controller.abort(reason), 20)
  await expect(waiting).rejects.toBe(reason)
  await expect(right.receive({ signal: controller.signal })).rejects.toBe(reason)
  // The socket is as good as before.
  left.send(ENCODER.encode('still'))
  expect(await text(right)).toBe('still')
  await expect(right.receive({ signal: AbortSignal.timeout(20) })).rejects.toMatchObject({
    name: 'TimeoutError',
  })
})
