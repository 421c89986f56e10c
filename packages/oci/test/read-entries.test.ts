import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fsverityDigest, SHA256, SHA512 } from '@composefs/fsverity'
import { buildTar } from '@composefs/test-fixtures'
import { expect, test } from 'vitest'
import { readEntries } from '../src/digests/read-entries.ts'
import { formatLayerEntry } from '../src/layer/layer-dump.ts'
import { openSource } from '../src/source/open-source.ts'
import { platform } from './layout-digests.ts'
import { packedImage } from './packed-image.ts'

const content = 'a'.repeat(100)

async function image() {
  return packedImage([
    await buildTar([
      { name: 'usr', type: 'directory' },
      { name: 'usr/a', content },
    ]),
    await buildTar([]),
    await buildTar([{ name: 'usr/.wh.a' }, { name: 'usr/b', content: 'b' }]),
  ])
}

async function read(reference: string, algorithm = SHA512) {
  const events: string[] = []
  await using source = await openSource(reference, { platform })
  const result = await readEntries(source, {
    algorithm,
    onLayer: ({ index, diffId }) => void events.push(`layer ${index} ${diffId}`),
    onEntry: entry => void events.push(new TextDecoder().decode(formatLayerEntry(entry)).trim()),
  })
  return { result, events }
}

test.each([SHA256, SHA512])(
  'each layer and its entries, with digests of $name',
  async algorithm => {
    const { reference, diffIds, manifest, blobs } = await image()
    const { result, events } = await read(reference, algorithm)
    expect(events.map(line => line.split(' ')[0])).toEqual([
      'layer',
      '/usr',
      '/usr/a',
      'layer',
      'layer',
      '/usr/.wh.a',
      '/usr/b',
    ])
    expect(events.filter(line => line.startsWith('layer'))).toEqual(
      diffIds.map((diffId, index) => `layer ${index} ${diffId}`),
    )
    expect(events[2]).toContain(
      fsverityDigest(new TextEncoder().encode(content), { algorithm }).hex,
    )
    expect(result.manifestDigest).toBe(manifest.digest)
    const config = createHash('sha256').update(result.config).digest('hex')
    expect(result.configDigest).toBe(`sha256:${config}`)
    expect(result.layers.map(({ descriptor }) => descriptor.digest)).toEqual(
      blobs.map(({ digest }) => digest),
    )
  },
)

test('a blob with another byte is refused, with its layer', async () => {
  const { reference, layout, blobs } = await image()
  const [, , last] = blobs
  const path = join(layout.directory, 'blobs', (last?.digest ?? '').replace(':', '/'))
  const bytes = readFileSync(path)
  bytes[9] = (bytes[9] ?? 0) ^ 1 // the operating system in the gzip header: nothing else finds it
  writeFileSync(path, bytes)
  await expect(read(reference)).rejects.toThrow(
    expect.objectContaining({
      code: 'ERR_OCI_DIGEST_MISMATCH',
      facts: expect.objectContaining({ layer: 3 }),
    }),
  )
})

test('stops when it is told to', async () => {
  const { reference } = await image()
  await using source = await openSource(reference, { platform })
  const reason = new Error('enough')
  await expect(
    readEntries(source, { onEntry() {}, signal: AbortSignal.abort(reason) }),
  ).rejects.toBe(reason)
})
