import type { Pool } from 'undici'
import { describe, expect, test } from 'vitest'
import { Dispatchers } from '../src/http/dispatchers.ts'
import { startServer } from './fake-registry.ts'

/** More than are kept. */
const MANY = 100

function makeDispatchers() {
  return new Dispatchers({
    tlsFor: () => Promise.reject(new Error('plain HTTP alone')),
    proxyTlsFor: () => Promise.reject(new Error('no proxy')),
    proxyFor: () => undefined,
    connectTimeoutMs: 5000,
  })
}

const poolOf = async (dispatchers: Dispatchers, origin: string) =>
  (await dispatchers.for(new URL(origin))) as Pool

async function openMany(dispatchers: Dispatchers): Promise<Pool[]> {
  const pools: Pool[] = []
  for (let i = 0; i < MANY; i++) pools.push(await poolOf(dispatchers, `http://host-${i}.example`))
  return pools
}

describe('connections of many origins', () => {
  test('the ones that were wanted last are kept', async () => {
    const dispatchers = makeDispatchers()
    const first = await poolOf(dispatchers, 'http://first.example')
    const pools: Pool[] = []
    for (let i = 0; i < MANY; i++) {
      pools.push(await poolOf(dispatchers, `http://host-${i}.example`))
      expect(await poolOf(dispatchers, 'http://first.example')).toBe(first)
    }
    expect(first.closed).toBe(false)
    expect(pools.filter(pool => !pool.closed)).toHaveLength(31)
    expect(pools.at(-1)?.closed).toBe(false)
    expect(await poolOf(dispatchers, 'http://host-0.example')).not.toBe(pools[0])
    await dispatchers.destroy()
  })

  test('what is under way goes on, and ends with the client', async () => {
    const server = await startServer((_, response) => response.write('some'))
    const dispatchers = makeDispatchers()
    const pool = await poolOf(dispatchers, server.url)
    const { body } = await pool.request({ path: '/', method: 'GET' })
    const pieces = body[Symbol.asyncIterator]()
    expect((await pieces.next()).value?.toString()).toBe('some')
    await openMany(dispatchers)
    expect(pool.closed).toBe(true)
    expect(pool.destroyed).toBe(false)
    const rest = expect(pieces.next()).rejects.toThrow()
    await dispatchers.destroy()
    expect(pool.destroyed).toBe(true)
    await rest
  })
})
