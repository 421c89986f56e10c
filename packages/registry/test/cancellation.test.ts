import { createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type Answer, inTurn, openFake, reply, startServer } from './fake-registry.ts'

const MIB = 1 << 20
const blob = { digest: `sha256:${'1'.repeat(64)}`, size: 64 * MIB }

/** As much of a blob as the client takes. */
const endless: Answer = (_, response) => {
  response.writeHead(200, { 'content-length': blob.size })
  const piece = Buffer.alloc(256 << 10)
  let left = blob.size
  const more = () => {
    while (left > 0 && !response.destroyed) {
      left -= piece.length
      if (!response.write(piece)) return
    }
    response.end()
  }
  response.on('drain', more)
  more()
}

const firstOf = async (chunks: AsyncIterable<Uint8Array>) => {
  for await (const chunk of chunks) return chunk
  return undefined
}

describe('giving up', () => {
  test.each<[string, Answer, number]>([
    ['before the answer', () => {}, 3],
    [
      'while the answer is announced for ever',
      (_, response) => {
        const timer = setInterval(
          () => response.socket?.write('HTTP/1.1 103 Early Hints\r\n\r\n'),
          20,
        )
        response.socket?.on('close', () => clearInterval(timer))
      },
      3,
    ],
    ['in the head of the answer', (_, response) => response.socket?.write('HTTP/1.1 200 O'), 3],
    ['while waiting for another try', reply(503, { 'retry-after': '3600' }), 3],
    [
      'in the body',
      (_, response) => response.writeHead(200, { 'content-length': blob.size }).write('x'),
      3,
    ],
  ])('%s', async (_, answer) => {
    const server = await startServer(inTurn(answer))
    const remote = await openFake(server, { idleTimeoutMs: 0 })
    const controller = new AbortController()
    const reason = new Error('enough')
    const { signal } = controller
    const reading = expect(firstOf(remote.getBlob(blob, { signal }))).rejects.toBe(reason)
    const asking = expect(remote.getManifest('t', { signal, maxSize: blob.size })).rejects.toBe(
      reason,
    )
    await vi.waitFor(() => expect(server.paths().length).toBeGreaterThanOrEqual(2))
    await sleep(30)
    controller.abort(reason)
    await Promise.all([reading, asking])
    await expect(remote.getManifest('t', { signal })).rejects.toBe(reason)
  })

  test('in a handshake that does not come', async () => {
    const sockets: Socket[] = []
    const silent = createServer(socket => sockets.push(socket.on('error', () => {}).resume()))
    await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void silent.close())
    const { port } = silent.address() as { port: number }
    const remote = await openFake(
      { host: `127.0.0.1:${port}` },
      { tlsVerify: true, idleTimeoutMs: 0 },
    )
    const controller = new AbortController()
    const asking = expect(remote.getManifest('t', { signal: controller.signal })).rejects.toThrow(
      'enough',
    )
    await vi.waitFor(() => expect(sockets).toHaveLength(1))
    controller.abort(new Error('enough'))
    await asking
    await remote.close()
    await vi.waitFor(() => expect(sockets[0]?.readyState).not.toBe('open'))
  })

  test('Retry-After makes nobody wait longer than a minute', async () => {
    const server = await startServer(inTurn(reply(503, { 'retry-after': '3600' })))
    const remote = await openFake(server)
    const controller = new AbortController()
    const asking = expect(remote.getManifest('t', { signal: controller.signal })).rejects.toThrow()
    await vi.waitFor(() => expect(remote.events).toHaveLength(1))
    expect(remote.events[0]?.delayMs).toBe(60_000)
    controller.abort()
    await asking
  })

  test('a break out of the loop frees the connection, and others stay', async () => {
    let open = 0
    const server = await startServer((request, response) => {
      if (!request.path.includes('/blobs/')) {
        return reply(200, { 'content-type': 'x/y' }, '{}')(request, response)
      }
      open++
      response.on('close', () => open--)
      return endless(request, response)
    })
    const remote = await openFake(server)
    for (let i = 0; i < 3; i++) {
      expect((await firstOf(remote.getBlob(blob)))?.byteLength).toBeGreaterThan(0)
      await vi.waitFor(() => expect(open).toBe(0))
    }
    await remote.getManifest('t')
  })

  test('close ends what is under way', async () => {
    const server = await startServer(inTurn(endless))
    const remote = await openFake(server)
    const chunks = remote.getBlob(blob)
    await chunks.next()
    await remote.close()
    await expect(firstOf(chunks)).rejects.toMatchObject({ name: 'AbortError' })
    await expect(remote.getManifest('t')).rejects.toMatchObject({ name: 'AbortError' })
    await vi.waitFor(() => expect(server.sockets.size).toBe(0))
  })
})

describe('a reader that is slow', () => {
  test('makes the registry wait, for longer than the idle time-out', async () => {
    let written = 0
    const server = await startServer(
      inTurn((_, response) => {
        response.writeHead(200, { 'content-length': blob.size })
        const piece = Buffer.alloc(256 << 10)
        const more = () => {
          while (written < blob.size) {
            written += piece.length
            if (!response.write(piece)) return
          }
          response.end()
        }
        response.on('drain', more)
        more()
      }),
    )
    const remote = await openFake(server, { idleTimeoutMs: 200 })
    let size = 0
    for await (const chunk of remote.getBlob(blob)) {
      if (size === 0) {
        await sleep(600)
        // What the kernel buffers, and our read-ahead.
        expect(written).toBeLessThan(32 * MIB)
      }
      size += chunk.byteLength
    }
    expect(size).toBe(blob.size)
    expect(remote.events).toEqual([])
  })

  test('holds little, however small the chunks are', async () => {
    const bytes = 400_000
    const one = Buffer.from('1\r\nx\r\n'.repeat(1000))
    let written = 0
    const server = await startServer(
      inTurn((_, { socket }) => {
        socket?.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')
        const more = () => {
          while (written < bytes) {
            written += 1000
            if (!socket?.write(one)) return
          }
          socket?.write('0\r\n\r\n')
        }
        socket?.on('drain', more)
        more()
      }),
    )
    const remote = await openFake(server)
    const sizes: number[] = []
    for await (const chunk of remote.getBlob({ ...blob, size: bytes })) {
      sizes.push(chunk.byteLength)
      await sleep(1)
    }
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(bytes)
    // Each is what a queue of about a thousand chunks holds.
    expect(Math.max(...sizes)).toBeLessThan(5000)
  })

  test('that blocks the whole process does not turn a live connection into a silent one', async () => {
    const server = await startServer(
      inTurn((_, response) => {
        response.writeHead(200, { 'content-length': 200_000 })
        response.write(Buffer.alloc(100_000))
        setTimeout(() => response.end(Buffer.alloc(100_000)), 50)
      }),
    )
    const remote = await openFake(server, { idleTimeoutMs: 150 })
    let size = 0
    for await (const chunk of remote.getBlob({ ...blob, size: 200_000 })) {
      size += chunk.byteLength
      if (size <= 100_000) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
    }
    expect(size).toBe(200_000)
  })
})
