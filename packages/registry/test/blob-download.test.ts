import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { describe, expect, test } from 'vitest'
import { type Answer, inTurn, openFake, refuse, reply, startServer } from './fake-registry.ts'
import { thrownBy } from './thrown.ts'

const size = 300_001
const content = Buffer.alloc(size)
for (let i = 0; i < size; i++) content[i] = (i * 31 + (i >> 8)) & 255
const blob = { digest: `sha256:${createHash('sha256').update(content).digest('hex')}`, size }

/** Where a request wants the blob from; -1 for all of it. */
const rangeOf = (range: string | undefined) => Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? -1)

/** The blob or its rest, as a server with ranges has it; `write` may do something else with it. */
function serve(
  write: (response: ServerResponse, bytes: Buffer) => unknown = (response, bytes) =>
    response.end(bytes),
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return (request, response) => {
    const start = rangeOf(request.headers.range)
    const rest = content.subarray(Math.max(start, 0))
    response.writeHead(start < 0 ? 200 : 206, {
      'content-length': rest.length,
      ...(start < 0 ? {} : { 'content-range': `bytes ${start}-${size - 1}/${size}` }),
      ...headers,
    })
    return write(response, rest)
  }
}

const whole: Answer = (_, response) =>
  response.writeHead(200, { 'content-length': size }).end(content)
const cutAfter = (bytes: number) =>
  serve((response, rest) => response.write(rest.subarray(0, bytes), () => response.destroy()))
const stallAfter = (bytes: number) =>
  serve((response, rest) => response.write(rest.subarray(0, bytes)))
const chunked =
  (bytes: Uint8Array): Answer =>
  (_, response) =>
    response.writeHead(200).end(bytes)

async function read(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all)
}

describe('blobs', () => {
  const half = 150_000
  test.each<[string, readonly Answer[], readonly (number | RegExp)[]]>([
    ['at once', [serve()], [-1]],
    ['cut, then the rest', [cutAfter(half), serve()], [-1, half]],
    ['without a length, then the rest', [chunked(content.subarray(0, half)), serve()], [-1, half]],
    [
      'a body that says it is whole',
      [reply(200, { 'content-length': `${half}` }, content.subarray(0, half)), serve()],
      [-1, half],
    ],
    [
      'cut more often than there are tries',
      Array.from({ length: 8 }, (_, i) => (i < 7 ? cutAfter(40_000) : serve())),
      [-1, ...Array.from({ length: 7 }, (_, i) => (i + 1) * 40_000)],
    ],
    ['stalled, then the rest', [stallAfter(half), serve()], [-1, half]],
    ['500 in between', [cutAfter(half), reply(500), serve()], [-1, half, half]],
    ['no ranges: all of it again', [cutAfter(half), whole], [-1, half]],
    ['ranges that are refused', [cutAfter(half), reply(416), whole], [-1, half, -1]],
    [
      'a range of another place',
      [
        cutAfter(half),
        reply(206, { 'content-range': `bytes 0-${size - 1}/${size}` }, content),
        whole,
      ],
      [-1, half, -1],
    ],
    [
      'a range without a place',
      [cutAfter(half), reply(206, {}, content.subarray(half)), whole],
      [-1, half, -1],
    ],
    [
      'a range of another whole',
      [
        cutAfter(half),
        reply(
          206,
          { 'content-range': `bytes ${half}-${size}/${size + 1}` },
          content.subarray(half),
        ),
        whole,
      ],
      [-1, half, -1],
    ],
    [
      'no ranges, and cut again',
      [cutAfter(half), reply(416), cutAfter(half + 90_000), whole],
      [-1, half, -1, -1],
    ],
    ['the last byte alone', [cutAfter(size - 1), serve()], [-1, size - 1]],
    [
      'nothing after the last byte, yet no end',
      [(_, response) => response.writeHead(200).write(content)],
      [-1],
    ],
  ])('%s', async (_, answers, ranges) => {
    const server = await startServer(inTurn(...answers))
    const remote = await openFake(server, { idleTimeoutMs: 400 })
    expect((await read(remote.getBlob(blob))).equals(content)).toBe(true)
    const asked = server.seen.filter(({ path }) => path !== '/v2/')
    expect(asked.map(({ headers }) => rangeOf(headers.range))).toEqual(ranges)
    expect(asked.every(({ path }) => path === `/v2/a/b/blobs/${blob.digest}`)).toBe(true)
    for (const event of remote.events) expect(event.what).toBe(`blob ${blob.digest}`)
  })

  test.each<[string, readonly Answer[], string, number, object]>([
    [
      'missing',
      [refuse(404, 'BLOB_UNKNOWN', 'blob unknown')],
      'ERR_REGISTRY_NOT_FOUND',
      1,
      { registryCode: 'BLOB_UNKNOWN', offset: 0 },
    ],
    [
      'longer, by its length',
      [reply(200, { 'content-length': `${size + 1}` }, Buffer.alloc(size + 1))],
      'ERR_REGISTRY_PROTOCOL',
      1,
      { expected: size, actual: size + 1 },
    ],
    [
      'longer, without a length',
      [chunked(Buffer.alloc(size + 70_000))],
      'ERR_REGISTRY_PROTOCOL',
      1,
      { expected: size },
    ],
    [
      'shorter, always',
      [chunked(content.subarray(0, 1000)), reply(416), chunked(content.subarray(0, 1000))],
      'ERR_REGISTRY_UNAVAILABLE',
      5,
      { offset: 1000, actual: 1000, expected: size },
    ],
    [
      'empty, always',
      [chunked(Buffer.alloc(0))],
      'ERR_REGISTRY_UNAVAILABLE',
      4,
      { offset: 0, tries: 4 },
    ],
    [
      'announced, always',
      [
        (_, response) => {
          const timer = setInterval(
            () => response.socket?.write('HTTP/1.1 103 Early Hints\r\n\r\n'),
            20,
          )
          response.socket?.on('close', () => clearInterval(timer))
        },
      ],
      'ERR_REGISTRY_TIMEOUT',
      4,
      { offset: 0, tries: 4 },
    ],
    ['silent, always', [() => {}], 'ERR_REGISTRY_TIMEOUT', 4, { offset: 0, tries: 4 }],
    [
      'a range where none was asked for',
      [reply(206, { 'content-range': `bytes 0-${size - 1}/${size}` }, content)],
      'ERR_REGISTRY_PROTOCOL',
      1,
      { status: 206 },
    ],
    [
      'no HTTP',
      [(_, response) => response.socket?.end('SSH-2.0-OpenSSH\r\n')],
      'ERR_REGISTRY_PROTOCOL',
      1,
      {},
    ],
  ])('%s', async (_, answers, code, requests, facts) => {
    const server = await startServer(inTurn(...answers))
    const remote = await openFake(server, { idleTimeoutMs: 300 })
    const error = await thrownBy(read(remote.getBlob(blob)))
    expect(error.facts).toMatchObject({ registry: server.host, method: 'GET', ...facts })
    expect(error.code).toBe(code)
    expect(server.paths()).toHaveLength(requests)
  })

  test('never a byte more than the size, and never one twice, whatever breaks', async () => {
    let seed = 7
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff
      return seed % below
    }
    const faults = Array.from({ length: 24 }, () => {
      const bytes = random(60_000)
      return [cutAfter(bytes), chunked(content), reply(416), whole][random(8)] ?? cutAfter(bytes)
    })
    const server = await startServer(inTurn(...faults, serve()))
    const remote = await openFake(server, { retries: 30 })
    expect((await read(remote.getBlob(blob))).equals(content)).toBe(true)
  })

  test('from an offset', async () => {
    const server = await startServer(inTurn(serve()))
    const remote = await openFake(server)
    const rest = await read(remote.getBlob(blob, { offset: 299_999 }))
    expect(rest.equals(content.subarray(299_999))).toBe(true)
    expect(await read(remote.getBlob(blob, { offset: size }))).toHaveLength(0)
    expect(server.paths()).toHaveLength(1)
    await expect(read(remote.getBlob(blob, { offset: size + 1 }))).rejects.toThrow(RangeError)
    await expect(read(remote.getBlob({ digest: '../x', size }))).rejects.toThrow(TypeError)
  })

  test('If-Range holds on to the first answer, by a strong tag only', async () => {
    for (const [tag, sent] of [
      ['"one"', '"one"'],
      ['W/"one"', undefined],
    ] as const) {
      const cut = serve(
        (response, rest) => response.write(rest.subarray(0, 20_000), () => response.destroy()),
        { etag: tag },
      )
      const server = await startServer(inTurn(cut, serve()))
      const remote = await openFake(server)
      await read(remote.getBlob(blob))
      expect(server.seen.at(-1)?.headers['if-range']).toBe(sent)
      expect(server.seen.at(-1)?.headers['accept-encoding']).toBe('identity')
    }
  })

  test('small pieces of the network come joined, each in its own memory', async () => {
    const server = await startServer(
      inTurn((_, response) => {
        response.writeHead(200, { 'content-length': size })
        let at = 0
        const more = () => {
          if (at >= size) return response.end()
          const piece = content.subarray(at, at + 1000)
          at += piece.length
          return response.write(piece, () => setImmediate(more))
        }
        more()
      }),
    )
    const remote = await openFake(server)
    const chunks: Uint8Array[] = []
    for await (const chunk of remote.getBlob(blob)) chunks.push(chunk)
    expect(chunks.length).toBeLessThanOrEqual(Math.ceil(size / 65_536))
    expect(Buffer.concat(chunks).equals(content)).toBe(true)
  })

  test('its size', async () => {
    const server = await startServer(inTurn(reply(200, { 'content-length': '7' }), reply(404)))
    const remote = await openFake(server)
    expect(await remote.statBlob(blob.digest)).toBe(7)
    expect(await remote.statBlob(blob.digest)).toBeUndefined()
  })
})
