import { EventEmitter } from 'node:events'
import { Readable, Transform } from 'node:stream'
import zlib from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { builtInModules } from '../build/built-in-modules.ts'

type Load = (args: { path: string; namespace: string }) => { contents: string }

/** What the build puts in the place of a module of Node. */
async function standInOf(path: string): Promise<Record<string, never>> {
  const loads: Load[] = []
  const build = { onResolve() {}, onLoad: (_: unknown, load: Load) => loads.push(load) }
  builtInModules.setup(build as never)
  const { contents } = (loads[0] as Load)({ path, namespace: 'built-in' })
  return await import(`data:text/javascript,${encodeURIComponent(contents)}`)
}

describe('the stand-in of a module that is loaded later', async () => {
  const stream = (await standInOf('node:stream')) as unknown as typeof import('node:stream')
  const lateZlib = (await standInOf('node:zlib')) as unknown as typeof import('node:zlib')

  test('calls functions', () => {
    const packed = lateZlib.gzipSync('text')
    expect(zlib.gunzipSync(packed).toString()).toBe('text')
  })

  test('makes objects of classes, which are those of Node', () => {
    const made = new stream.Transform({ highWaterMark: 7 })
    expect(made).toBeInstanceOf(Transform)
    expect(made.constructor).toBe(Transform)
    expect(made.writableHighWaterMark).toBe(7)
  })

  test('tells instances, its own and those of Node', () => {
    expect(new Transform() instanceof stream.Transform).toBe(true)
    expect(new stream.Transform() instanceof stream.Readable).toBe(true)
    expect(new EventEmitter() instanceof stream.Readable).toBe(false)
  })

  test('can be extended', async () => {
    class Upper extends stream.Transform {
      override _transform(chunk: Buffer, _: BufferEncoding, done: () => void): void {
        this.push(chunk.toString().toUpperCase())
        done()
      }
    }
    const upper = new Upper()
    expect(upper).toBeInstanceOf(Upper)
    expect(upper).toBeInstanceOf(Transform)
    upper.end('text')
    expect(Buffer.concat(await upper.toArray()).toString()).toBe('TEXT')
  })

  test('has the static functions of a class', () => {
    expect(stream.Readable.from(['a'])).toBeInstanceOf(Readable)
  })

  test('has the constants, to look at and to list', () => {
    const { Z_BEST_SPEED } = lateZlib.constants
    expect(Z_BEST_SPEED).toBe(zlib.constants.Z_BEST_SPEED)
    expect({ ...lateZlib.constants }).toEqual(zlib.constants)
    expect('Z_BEST_SPEED' in lateZlib.constants).toBe(true)
  })
})

test('the stand-in of a module that is at hand has what that has', async () => {
  const path = (await standInOf('node:path')) as unknown as typeof import('node:path')
  expect(path.join('a', '..', 'b')).toBe('b')
  expect(path.sep).toBe('/')
})
