import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gatherChunks } from '../src/pull/gather-chunks.ts'
import { EventLoopTurns } from '../src/transfer/event-loop-turns.ts'
import { heedSignal } from '../src/transfer/heed-signal.ts'
import { runBounded } from '../src/transfer/run-bounded.ts'
import { collect } from './layout-builder.ts'

describe('jobs of which some run at once', () => {
  const queue = (count: number) => {
    const jobs = Array.from({ length: count }, (_, i) => i)
    return () => jobs.shift()
  }

  test('all run, no more than the limit at once', async () => {
    let running = 0
    let most = 0
    const done: number[] = []
    await runBounded<number>({
      limit: 3,
      next: queue(10),
      run: async job => {
        most = Math.max(most, ++running)
        for (let i = 0; i <= job % 4; i++) await setImmediate()
        running -= 1
        done.push(job)
      },
    })
    expect(most).toBe(3)
    expect(done.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  test('the first failure is told after all have ended, and none starts after it', async () => {
    const started: number[] = []
    let ended = 0
    const first = new Error('the first')
    const running = runBounded<number>({
      limit: 3,
      next: queue(10),
      run: async (job, signal) => {
        started.push(job)
        try {
          if (job === 1) throw first
          while (!signal.aborted) await setImmediate()
          for (let i = 0; i < 5; i++) await setImmediate()
          throw new Error('a consequence')
        } finally {
          ended += 1
        }
      },
    })
    await expect(running).rejects.toBe(first)
    expect(started).toEqual([0, 1, 2])
    expect(ended).toBe(3)
  })

  test('a signal stops all, and its reason is told whatever that made fail', async () => {
    const stop = new AbortController()
    const running = runBounded<number>({
      limit: 2,
      next: queue(4),
      signal: stop.signal,
      run: async (_, signal) => {
        while (!signal.aborted) await setImmediate()
        throw new Error('a socket was closed')
      },
    })
    const reason = new Error('enough')
    stop.abort(reason)
    await expect(running).rejects.toBe(reason)
    const late = runBounded({
      limit: 1,
      next: queue(1),
      run: () => Promise.resolve(),
      signal: stop.signal,
    })
    await expect(late).rejects.toBe(reason)
  })

  test('what cannot even be chosen is a failure as well', async () => {
    const running = runBounded({
      limit: 2,
      next: () => {
        throw new Error('no choice')
      },
      run: () => Promise.resolve(),
    })
    await expect(running).rejects.toThrow('no choice')
  })
})

describe('chunks that heed a signal', () => {
  const turns = new EventLoopTurns()

  test('are closed when nobody wants more, and when there are no more', async () => {
    const closed: string[] = []
    async function* chunks(name: string) {
      try {
        for (let i = 0; i < 3; i++) yield new Uint8Array([i])
      } finally {
        closed.push(name)
      }
    }
    const { signal } = new AbortController()
    for await (const _ of heedSignal(chunks('early'), { signal, turns })) break
    let count = 0
    for await (const _ of heedSignal(chunks('all'), { signal, turns })) count += 1
    expect(count).toBe(3)
    expect(closed).toEqual(['early', 'all'])
  })

  test('end with the reason of the signal, though a chunk is on its way', async () => {
    const stop = new AbortController()
    async function* chunks() {
      yield new Uint8Array(1)
      await new Promise((_, reject) => {
        stop.signal.addEventListener('abort', () => reject(new Error('closed')))
      })
    }
    const reading = collect(heedSignal(chunks(), { signal: stop.signal, turns }))
    await setImmediate()
    const reason = new Error('enough')
    stop.abort(reason)
    await expect(reading).rejects.toBe(reason)
    const late = heedSignal(chunks(), { signal: stop.signal, turns })
    await expect(late.next()).rejects.toBe(reason)
  })
})

test('work that never waits lets the event loop have its turn', async () => {
  const turns = new EventLoopTurns()
  let hadTurn = false
  globalThis.setImmediate(() => {
    hadTurn = true
  })
  while (!hadTurn) await turns.due()
  expect(hadTurn).toBe(true)
})

describe('chunks that are gathered', () => {
  test('have the same bytes, whatever their sizes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.integer({ min: 0, max: 70_000 }), fc.constant(300_000)), {
          maxLength: 30,
        }),
        async sizes => {
          let next = 0
          const chunks = sizes.map(size => new Uint8Array(size).fill(++next))
          const seen: number[] = []
          let last: { piece: Uint8Array; copy: Uint8Array } | undefined
          const gathered: Buffer[] = []
          for await (const piece of gatherChunks(Readable.from(chunks))) {
            // The one before is still what it was.
            if (last !== undefined) expect(Buffer.compare(last.piece, last.copy)).toBe(0)
            last = { piece, copy: Uint8Array.prototype.slice.call(piece) }
            gathered.push(Buffer.from(piece))
            seen.push(piece.length)
          }
          expect(Buffer.compare(Buffer.concat(gathered), Buffer.concat(chunks))).toBe(0)
          expect(seen).not.toContain(0)
        },
      ),
      { numRuns: 50 },
    )
  })

  test('are closed when nobody wants more', async () => {
    let isClosed = false
    async function* chunks() {
      try {
        for (;;) yield new Uint8Array(100_000)
      } finally {
        isClosed = true
      }
    }
    for await (const _ of gatherChunks(chunks())) break
    expect(isClosed).toBe(true)
  })
})
