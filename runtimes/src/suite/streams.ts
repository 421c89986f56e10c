import { concatBytes, parseHex } from '@composefs/bytes'
import { type Algorithm, Digest, fsverityDigest, SHA256, SHA512 } from '@composefs/fsverity'
import { memorySource, openSplitstream, SplitstreamWriter } from '@composefs/splitstream'
import { sha256 } from './plain-hash.ts'
import { type Rows, same } from './report.ts'
import { splitTar } from './split.ts'
import type { Vectors } from './vectors.ts'
import { portableZstd } from './zstd.ts'

interface StreamVector {
  readonly file: string
  readonly cfsctl: { readonly cat: string; readonly cat_sha256: string | null }
  readonly want: string
}

interface StreamFacts {
  readonly verity: string
  readonly content_type: string
  readonly stream_size: number
  readonly object_refs: readonly string[]
  readonly stream_refs: readonly string[]
  readonly named_refs: Readonly<Record<string, string>>
  readonly content_sha256: string
}

interface Index {
  readonly splitstreams: Readonly<Record<string, StreamVector>>
  readonly splitstream_objects: Readonly<Record<string, string>>
  readonly repos: Readonly<Record<string, { readonly file: string; readonly facts: string }>>
}

type Objects = ReadonlyMap<string, Uint8Array>

class MissingObject extends Error {}

/** Streams made byte by byte, sound and broken, those of stored repositories, and what we write. */
export async function runStreams(vectors: Vectors, rows: Rows): Promise<void> {
  const index = await vectors.json<Index>('repo/index.json')
  const objects = new Map<string, Uint8Array>()
  for (const [hex, file] of Object.entries(index.splitstream_objects)) {
    objects.set(hex, await vectors.bytes(`repo/${file}`))
  }
  // The file in layers/tiny.tar.
  const tiny = new Uint8Array(65).fill(0x78)
  objects.set(fsverityDigest(tiny, { algorithm: SHA256 }).hex, tiny)

  for (const [name, { file, cfsctl, want }] of Object.entries(index.splitstreams)) {
    const bytes = await vectors.bytes(`repo/${file}`)
    if (name === 'missing-object') {
      await rows.row('streams read', name, () => checkMissing(bytes, objects))
      continue
    }
    if (want === 'same' ? cfsctl.cat !== 'ok' : want.startsWith('refuse')) {
      await rows.refused('streams refused', name, () => contentOf(bytes, SHA256, objects))
      continue
    }
    await rows.row('streams read', name, async () => {
      const content = sha256(await contentOf(bytes, SHA256, objects))
      if (cfsctl.cat === 'ok') same('the content', `sha256:${content}`, cfsctl.cat_sha256)
    })
  }
  for (const [repository, { file, facts }] of Object.entries(index.repos)) {
    const { streams = {} } = await vectors.json<{ streams?: Record<string, StreamFacts> }>(
      `repo/${facts}`,
    )
    const stored = storedObjects(await vectors.bytes(`repo/${file}`))
    for (const [id, stream] of Object.entries(streams)) {
      await rows.row('streams of repositories', `${repository} ${id}`, () =>
        checkStored(stream, stored),
      )
    }
  }
  await rows.row('streams written', 'references, inline bytes and an object', checkWritten)
}

/** An object that is not there is the caller's affair: its error comes through. */
async function checkMissing(bytes: Uint8Array, objects: Objects): Promise<void> {
  const outcome = await contentOf(bytes, SHA256, objects).then(
    () => 'taken',
    error => (error instanceof MissingObject ? 'missing' : String(error)),
  )
  same('the outcome', outcome, 'missing')
}

async function contentOf(bytes: Uint8Array, algorithm: Algorithm, objects: Objects) {
  const stream = await openSplitstream(memorySource(bytes), { algorithm, zstd: portableZstd })
  const pieces: Uint8Array[] = []
  for await (const piece of stream.cat(digest => [objectNamed(objects, digest)])) {
    pieces.push(piece)
  }
  return pieces
}

/** The objects in the tar of a repository, by digest: its contents above 64 bytes, and smaller objects inline. */
function storedObjects(tar: Uint8Array): Objects {
  const { entries, objects } = splitTar(tar, SHA256)
  const path = new TextDecoder()
  return new Map(
    entries.flatMap(({ path: bytes, content }): [string, Uint8Array][] => {
      const [, head, rest] = /objects\/([0-9a-f]{2})\/([0-9a-f]+)$/.exec(path.decode(bytes)) ?? []
      if (head === undefined || rest === undefined || content === undefined) return []
      const data = content.kind === 'inline' ? content.data : objectNamed(objects, content.digest)
      return [[head + rest, data]]
    }),
  )
}

async function checkStored(facts: StreamFacts, objects: Objects): Promise<void> {
  const algorithm = facts.verity.length === 64 ? SHA256 : SHA512
  const bytes = objectNamed(objects, { hex: facts.verity })
  same('its digest', fsverityDigest(bytes, { algorithm }).hex, facts.verity)
  const stream = await openSplitstream(memorySource(bytes), { algorithm, zstd: portableZstd })
  same('the content type', stream.contentType, facts.content_type)
  same('the size', stream.size, facts.stream_size)
  same('objects', hexOf(stream.objectReferences), facts.object_refs)
  same('streams', hexOf(stream.streamReferences), facts.stream_refs)
  const named = Array.from(stream.namedReferences, ([name, digest]) => [name, digest.hex])
  same('names', Object.fromEntries(named), facts.named_refs)
  same('the content', sha256(await contentOf(bytes, algorithm, objects)), facts.content_sha256)
}

async function checkWritten(): Promise<void> {
  const object = new Uint8Array(300_000).map((_, at) => at % 251)
  const digest = fsverityDigest(object, { algorithm: SHA512 })
  const reference = new Digest(SHA512, parseHex('5a'.repeat(64)) ?? new Uint8Array(64))
  const writer = new SplitstreamWriter({
    algorithm: SHA512,
    contentType: 'ocilayer',
    zstd: portableZstd,
  })
  writer.addNamedReference('config', reference)
  writer.writeInline(object)
  writer.writeExternal(digest, object.length)
  writer.writeInline(object.subarray(0, 7))
  await writer.drain()
  const bytes = await writer.finish()
  const stream = await openSplitstream(memorySource(bytes), {
    algorithm: SHA512,
    zstd: portableZstd,
  })
  same('names', [...stream.namedReferences.keys()], ['config'])
  const content = await contentOf(bytes, SHA512, new Map([[digest.hex, object]]))
  const expected = concatBytes([object, object, object.subarray(0, 7)])
  same('the content', sha256(content), sha256([expected]))
}

function hexOf(digests: Iterable<Digest>): string[] {
  return Array.from(digests, digest => digest.hex)
}

function objectNamed(objects: Objects, digest: { readonly hex: string }): Uint8Array {
  const content = objects.get(digest.hex)
  if (content === undefined) throw new MissingObject(digest.hex)
  return content
}
