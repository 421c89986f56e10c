import { createHash } from 'node:crypto'
import { readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { Digest, fsverityDigest, parseAlgorithm } from '@composefs/fsverity'
import { nodeHashing } from '@composefs/fsverity/node'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openRepository, type Repository } from '../src/index.ts'
import { codeOf } from './code-of.ts'
import { SimulatedSystem } from './simulated-system.ts'
import { readFacts, unpackRepository } from './unpack-repository.ts'

const names = readdirSync(join(vectorsDirectory, 'repo', 'repos'))
  .filter(name => name.endsWith('.tar'))
  .map(name => name.slice(0, -4))

async function open(name: string): Promise<Repository> {
  const repository = await openRepository(unpackRepository(name), { system: new SimulatedSystem() })
  onTestFinished(() => repository.close())
  return repository
}

const lastPart = (text: string) => text.slice(text.lastIndexOf('/') + 1)
const hexOf = (digests: Iterable<Digest>) => [...digests].map(digest => digest.hex)
async function sha256(content: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of content) hash.update(piece)
  return hash.digest('hex')
}
const idOf = (hex: string) => {
  const digest = Digest.fromHex(hex)
  if (digest === undefined) throw new Error(`no digest: ${hex}`)
  return digest
}

describe.each(names.filter(name => name !== 'broken'))('the repository %s of cfsctl', name => {
  const facts = readFacts(name)

  test('opens', async () => {
    const repository = await open(name)
    if (facts.algorithm !== undefined) {
      expect(repository.algorithm).toBe(parseAlgorithm(facts.algorithm))
    }
    expect(repository.secure).toBe(false)
  })

  test('has all its objects, and their names are their digests', async () => {
    const { objects, algorithm, isLegacy } = await open(name)
    for (const [hex, size] of Object.entries(facts.objects)) {
      const content = objects.read(idOf(hex))
      expect(content).toHaveLength(size)
      expect(fsverityDigest(content, { algorithm, hashing: nodeHashing }).hex).toBe(hex)
      if (!isLegacy) expect(objects.put(content).isNew).toBe(false)
    }
  })

  test('has its streams, and they give their content', async () => {
    const { streams } = await open(name)
    expect([...streams.list()].map(stream => stream.id)).toEqual(Object.keys(facts.streams).sort())
    for (const [id, stream] of Object.entries(facts.streams)) {
      const digest = streams.lookup(id)
      expect(digest?.hex).toBe(stream.verity)
      const reader = await streams.open(id, { contentType: stream.content_type })
      expect(reader.size).toBe(stream.stream_size)
      expect(hexOf(reader.objectReferences)).toEqual(stream.object_refs)
      expect(hexOf(reader.streamReferences)).toEqual(stream.stream_refs)
      expect(
        Object.fromEntries([...reader.namedReferences].map(([key, value]) => [key, value.hex])),
      ).toEqual(stream.named_refs)
      expect(await sha256(streams.cat(id))).toBe(stream.content_sha256)
    }
  })

  test('has its refs', async () => {
    const { streams, images, path, isLegacy } = await open(name)
    const refs = Object.entries(facts.refs).map(([ref, link]) => [ref, lastPart(link)])
    expect([...streams.refs()].map(ref => [ref.name, ref.target]).sort()).toEqual(refs.sort())
    const imageRefs = Object.entries(facts.image_refs).map(([ref, link]) => [ref, lastPart(link)])
    expect([...images.refs()].map(ref => [ref.name, ref.digest]).sort()).toEqual(imageRefs.sort())
    // Setting them again writes the very text that cfsctl wrote.
    for (const [ref, link] of Object.entries(facts.refs)) {
      expect(streams.resolve(`refs/${ref}`).hex).toBe(facts.streams[lastPart(link)]?.verity)
      if (isLegacy) continue
      streams.removeRef(ref)
      streams.setRef(ref, lastPart(link))
      expect(readlinkSync(join(path, 'streams', 'refs', ref))).toBe(link)
    }
  })

  test('has its images, which are what their names say', async () => {
    const { images } = await open(name)
    expect([...images.list()].map(id => id.hex)).toEqual(Object.keys(facts.images).sort())
    for (const [hex, { size, link }] of Object.entries(facts.images)) {
      expect(images.has(idOf(hex))).toBe(true)
      const image = images.open(hex)
      expect([image.digest.hex, image.size, image.hasVerity]).toEqual([hex, size, false])
      expect(`../objects/${image.digest.objectPath}`).toBe(link)
      expect(image.bytes()).toHaveLength(size)
      image.close()
    }
    for (const [ref, link] of Object.entries(facts.image_refs)) {
      for (const spelling of [`refs/${ref}`, ...(ref.includes('/') ? [] : [ref])]) {
        const resolved = images.resolve(spelling)
        expect([resolved.digest.hex, resolved.viaRef]).toEqual([lastPart(link), true])
      }
    }
    const listed = facts.images_json?.images ?? []
    if (listed.length > 0) expect([...images.refs()]).toEqual(listed)
  })
})

describe('the broken repository', () => {
  test('opens, and what is broken is told one by one', async () => {
    const { streams, images, objects, path } = await open('broken')
    const codes = new Map<string, string | undefined>()
    for (const id of readdirSync(join(path, 'streams'))) {
      if (id === 'refs') continue
      codes.set(id, await codeOf(() => sha256(streams.cat(id))))
    }
    expect(codes.get('plainfile')).toBe('ERR_REPOSITORY_BAD_LINK')
    expect([...codes.values()].filter(code => code !== undefined).length).toBeGreaterThan(3)
    expect(await codeOf(() => streams.resolve('refs/oci/dangling'))).toBe(
      'ERR_REPOSITORY_STREAM_NOT_FOUND',
    )
    for (const id of images.list()) {
      const code = await codeOf(() => images.open(id).close())
      if (code !== undefined) expect(code).toMatch(/^ERR_REPOSITORY_/)
    }
    expect(objects.algorithm.name).toBe('sha256')
  })
})
