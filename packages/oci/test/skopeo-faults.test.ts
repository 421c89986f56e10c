import { describe, expect, test } from 'vitest'
import type { ImageSource } from '../src/index.ts'
import { sha256 } from './docker-archive-builder.ts'
import type { SkopeoFault } from './fake-skopeo/behaviour.ts'
import { collect } from './layout-builder.ts'
import { withoutLeaks } from './leaks.ts'
import {
  codeOf,
  counted,
  fakeWith,
  LARGE,
  LARGE_LAYER,
  type OpenFake,
  open,
  PARSED,
  readImage,
  SMALL,
  SMALL_LAYER,
  using,
  WHOLE_IMAGE,
} from './skopeo-image.ts'

/** Long enough for a process to start on a busy machine, and short enough to wait for. */
const IDLE = 2500

const OLD = '0.2.3'
const NEW = '0.2.8'

const readLarge = async (source: ImageSource) => sha256(await collect(source.blob(LARGE_LAYER)))

/** The code of reading the whole image of a skopeo with this fault. */
async function codeWith(
  version: string,
  fault: SkopeoFault,
  options: OpenFake = {},
): Promise<string> {
  return codeOf(using(fakeWith([fault], { version }), options, readImage))
}

describe('skopeo does not answer', () => {
  test.each([
    [OLD, 'Initialize'],
    [OLD, 'OpenImage'],
    [NEW, 'OpenImageOptional'],
    [OLD, 'GetManifest'],
    [OLD, 'GetBlob'],
    [NEW, 'GetRawBlob'],
    [OLD, 'FinishPipe'],
  ])('%s: %s', async (version, on) => {
    const fault = { on, effect: { kind: 'stall' } } as const
    const read = using(fakeWith([fault], { version }), { idleTimeoutMs: IDLE }, readImage)
    await expect(read).rejects.toMatchObject({
      code: 'ERR_OCI_SKOPEO_TIMEOUT',
      message: expect.stringMatching(/nothing came from skopeo for 2\.5 s/),
      facts: { timeoutMs: IDLE },
    })
  })

  test('to a good-bye, and is ended', async () => {
    const fault = { on: 'CloseImage', effect: { kind: 'stall' } } as const
    expect(await using(fakeWith([fault]), {}, readImage)).toEqual(WHOLE_IMAGE)
  })
})

describe('skopeo ends', () => {
  test.each([
    [OLD, 'OpenImage'],
    [OLD, 'GetManifest'],
    [OLD, 'FinishPipe'],
    [OLD, 'GetBlob'],
    [NEW, 'GetRawBlob'],
  ])('%s: at %s', async (version, on) => {
    const effect = {
      kind: 'exit',
      status: 3,
      message: 'time="1" level=fatal msg="no more"\n',
    } as const
    const read = using(fakeWith([{ on, effect }], { version }), {}, readImage)
    await expect(read).rejects.toMatchObject({
      code: 'ERR_OCI_SKOPEO_ENDED',
      message: 'skopeo ended with status 3: no more',
    })
  })

  test('by a signal', async () => {
    const read = using(fakeWith([{ on: 'GetManifest', effect: { kind: 'kill' } }]), {}, readImage)
    await expect(read).rejects.toMatchObject({
      code: 'ERR_OCI_SKOPEO_ENDED',
      message: 'skopeo was ended by SIGKILL',
    })
  })
})

describe('an answer that is none', () => {
  test.each([
    ['Initialize', 'nothing at all'],
    ['Initialize', '{"success":true,"value":3}'],
    ['OpenImage', '{"success":true,"value":"one"}'],
    ['OpenImage', '{"success":true,"value":-1}'],
    ['OpenImage', '[]'],
    ['OpenImage', 'null'],
    ['GetManifest', '{"success":true,"value":"sha256:","pipeid":7}'],
    ['GetManifest', '{"success":true,"value":"sha256:","pipeid":"7"}'],
    ['GetManifest', '{"success":true,"value":"sha256:","pipeid":1.5}'],
  ])('to %s: %s', async (on, text) => {
    const code = await codeWith(OLD, { on, effect: { kind: 'garble', text } })
    expect(code).toBe('ERR_OCI_SKOPEO_PROTOCOL')
  })

  test.each([
    [OLD, 'GetManifest'],
    [OLD, 'GetBlob'],
    [NEW, 'GetRawBlob'],
  ])('%s: %s, by its descriptors', async (version, on) => {
    for (const effect of [
      { kind: 'no-pipe' },
      { kind: 'no-files' },
      { kind: 'extra-files', count: 1 },
    ] as const) {
      expect(await codeWith(version, { on, effect })).toBe('ERR_OCI_SKOPEO_PROTOCOL')
    }
  })

  test('with descriptors where none belong does no harm', async () => {
    const effect = { kind: 'extra-files', count: 3 } as const
    const faults = ['Initialize', 'OpenImage', 'FinishPipe'].map(on => ({ on, effect }))
    expect(await using(fakeWith(faults), {}, readImage)).toEqual(WHOLE_IMAGE)
  })

  test.each([
    [OLD, 'GetBlob'],
    [NEW, 'GetRawBlob'],
  ])('%s: %s, by its size', async (version, on) => {
    for (const effect of [
      { kind: 'announce', size: 7 },
      { kind: 'append', bytes: 200_000 },
    ] as const) {
      const read = using(fakeWith([{ on, effect }], { version }), {}, readLarge)
      await expect(read).rejects.toMatchObject({
        code: 'ERR_OCI_SIZE_MISMATCH',
        facts: { digest: LARGE_LAYER.digest, expected: LARGE.length },
      })
    }
  })

  test('by a digest that skopeo finds wrong', async () => {
    const message = `corrupted blob, expecting ${LARGE_LAYER.digest}`
    const effect = { kind: 'break-after', bytes: LARGE.length, message } as const
    const code = codeOf(using(fakeWith([{ on: 'GetBlob', effect }]), {}, readLarge))
    expect(await code).toBe('ERR_OCI_DIGEST_MISMATCH')
  })

  test('by a document without an end', async () => {
    const effect = { kind: 'append', bytes: 9 << 20 } as const
    expect(await codeWith(OLD, { on: 'GetManifest', effect })).toBe('ERR_OCI_BAD_JSON')
  })
})

describe('a blob that breaks off', () => {
  const CUT = 700_000

  test.each([
    ['ends with its skopeo', OLD, 'GetBlob', { kind: 'exit-after', bytes: CUT }, 2],
    ['ends with its skopeo', NEW, 'GetRawBlob', { kind: 'exit-after', bytes: CUT }, 2],
    ['stands still', OLD, 'GetBlob', { kind: 'stall-after', bytes: CUT }, 2],
    ['stands still', NEW, 'GetRawBlob', { kind: 'stall-after', bytes: CUT }, 1],
    [
      'is cut by the network',
      OLD,
      'GetBlob',
      { kind: 'break-after', bytes: CUT, message: 'read tcp: connection reset by peer' },
      1,
    ],
    [
      'is cut by the network',
      NEW,
      'GetRawBlob',
      { kind: 'break-after', bytes: CUT, message: 'something', code: 'retryable' },
      1,
    ],
  ] as const)('%s (%s): it goes on where it was', async (_, version, on, effect, starts) => {
    const fake = fakeWith([{ on, start: 1, call: 1, effect }], { version })
    const offsets: unknown[] = []
    const options = {
      reference: 'docker://registry.test/a',
      idleTimeoutMs: IDLE,
      retries: 1,
      onRetry: ({ offset }: { offset?: number }) => offsets.push(offset),
    }
    expect(await using(fake, options, readLarge)).toBe(sha256(LARGE))
    expect(offsets).toEqual([CUT])
    expect(Math.max(...fake.log().map(({ start }) => start))).toBe(starts)
    expect(fake.methods().filter(method => method === on)).toHaveLength(2)
  })

  test('takes others with it, and all go on', async () => {
    const effect = { kind: 'exit-after', bytes: CUT } as const
    const fake = fakeWith([{ on: 'GetRawBlob', start: 1, call: 3, effect }], { version: NEW })
    const read = using(fake, { retries: 2 }, source =>
      Promise.all(Array.from({ length: 4 }, () => readLarge(source))),
    )
    expect(await read).toEqual(Array(4).fill(sha256(LARGE)))
    expect(Math.max(...fake.log().map(({ start }) => start))).toBe(2)
  })

  test('again and again ends with an error', async () => {
    const effect = { kind: 'break-after', bytes: 0, message: 'unexpected EOF' } as const
    const fake = fakeWith([{ on: 'GetBlob', effect }])
    const options = { reference: 'docker://registry.test/a', retries: 2 }
    await expect(using(fake, options, readLarge)).rejects.toMatchObject({
      code: 'ERR_OCI_SKOPEO_REFUSED',
      message: expect.stringMatching(/^after 3 tries: skopeo: unexpected EOF/),
      facts: { tries: 3 },
    })
  })

  test('again and again, but later each time, comes to its end', async () => {
    const faults = [1, 2, 3, 4].map(
      (call): SkopeoFault => ({
        on: 'GetRawBlob',
        call,
        effect: { kind: 'break-after', bytes: call * 300_000, message: 'x', code: 'retryable' },
      }),
    )
    const read = using(fakeWith(faults, { version: NEW }), { retries: 1 }, readLarge)
    expect(await read).toBe(sha256(LARGE))
  })

  test('of a disk is not tried again', async () => {
    const effect = { kind: 'break-after', bytes: CUT, message: 'input/output error' } as const
    const fake = fakeWith([{ on: 'GetBlob', effect }])
    await expect(using(fake, { retries: 3 }, readLarge)).rejects.toMatchObject({
      code: 'ERR_OCI_SKOPEO_REFUSED',
      message: 'skopeo: input/output error',
    })
  })
})

describe('a slow blob', () => {
  const effect = { kind: 'pause-after', bytes: 100_000, ms: IDLE * 0.8 } as const

  test.each([
    [OLD, 'GetBlob'],
    [NEW, 'GetRawBlob'],
  ])('%s: is waited for', async (version, on) => {
    const fake = fakeWith([{ on, effect }], { version })
    expect(await using(fake, { idleTimeoutMs: IDLE }, readLarge)).toBe(sha256(LARGE))
  })

  test('whose reader dawdles does not keep others waiting', async () => {
    const fake = fakeWith([{ on: 'GetBlob', call: 1, effect }])
    await using(fake, { idleTimeoutMs: IDLE }, async source => {
      const reader = source.blob(LARGE_LAYER)[Symbol.asyncIterator]()
      const chunks: Uint8Array[] = []
      const next = async () => {
        const { value, done } = await reader.next()
        if (!done) chunks.push(value)
        return !done
      }
      // Skopeo is asked whether it has stopped, and waits until the rest is written.
      while (Buffer.concat(chunks).length <= effect.bytes) await next()
      // What is in the way is read only after this.
      expect((await collect(source.blob(SMALL_LAYER))).toString()).toBe(SMALL.toString())
      while (await next());
      expect(sha256(Buffer.concat(chunks))).toBe(sha256(LARGE))
    })
    expect(fake.methods().filter(method => method === 'GetBlob')).toHaveLength(3)
  })

  test('is no reason to end a reader that takes its time', async () => {
    await using(fakeWith(), { idleTimeoutMs: IDLE }, async source => {
      const chunks: Uint8Array[] = []
      for await (const chunk of source.blob(LARGE_LAYER)) {
        if (chunks.length === 0) await new Promise(resolve => setTimeout(resolve, IDLE * 1.2))
        chunks.push(chunk)
      }
      expect(sha256(Buffer.concat(chunks))).toBe(sha256(LARGE))
    })
  })
})

describe('stopping', () => {
  const stall = [
    { on: 'GetBlob', effect: { kind: 'stall-after', bytes: 1000 } },
    { on: 'GetRawBlob', effect: { kind: 'stall-after', bytes: 1000 } },
  ] as const

  test.each([OLD, NEW])('%s: by a signal, in the middle of a blob', async version => {
    const reason = new Error('enough')
    const controller = new AbortController()
    await using(fakeWith(stall, { version }), {}, async source => {
      const read = collect(source.blob(LARGE_LAYER, { signal: controller.signal }))
      setTimeout(() => controller.abort(reason), 300)
      await expect(read).rejects.toBe(reason)
      // Others are not concerned.
      expect((await source.manifest()).digest).toBe(WHOLE_IMAGE[0])
    })
  })

  test('by a signal, while skopeo is silent', async () => {
    const fake = fakeWith([{ on: 'GetManifest', effect: { kind: 'stall' } }])
    await withoutLeaks(async () => {
      await using source = await open(fake)
      await expect(source.manifest({ signal: AbortSignal.timeout(300) })).rejects.toMatchObject({
        name: 'TimeoutError',
      })
    })
  })

  test.each([OLD, NEW])('%s: by leaving the loop', async version => {
    const read = using(fakeWith(stall, { version }), {}, async source => {
      for await (const chunk of source.blob(LARGE_LAYER)) return chunk.length
    })
    expect(await read).toBe(1000)
  })

  test.each([OLD, NEW])('%s: by closing the source', async version => {
    await withoutLeaks(async () => {
      const source = await open(fakeWith(stall, { version }))
      const read = codeOf(collect(source.blob(LARGE_LAYER)))
      setTimeout(() => void source.close(), 300)
      expect(await read).toBe('ERR_OCI_SKOPEO_ENDED')
      await source.close()
      expect(await codeOf(source.manifest())).toBe('ERR_OCI_SKOPEO_ENDED')
    })
  })
})

test('a blob that nobody has', async () => {
  const digest = `sha256:${sha256(counted(8))}`
  for (const version of [OLD, NEW]) {
    const read = using(fakeWith([], { version }), {}, source =>
      collect(source.blob({ ...PARSED.config, digest })),
    )
    await expect(read).rejects.toMatchObject({
      code: 'ERR_OCI_SKOPEO_REFUSED',
      message: `skopeo: Unknown blob ${digest}`,
    })
  }
})
