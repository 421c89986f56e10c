import { createHash } from 'node:crypto'
import { SHA256 } from '../../../packages/fsverity/src/index.ts'
import { nodeHashing } from '../../../packages/fsverity/src/node.ts'
import { createEngine } from '../../../packages/linux/src/engine.ts'
import { detectBlob } from '../../../packages/oci/src/decompress/decompress.ts'
import { openDecoder } from '../../../packages/oci/src/decompress/layer-decoder.ts'
import {
  formatLayerEntry,
  importLayer,
  LayerMerger,
  layerEntries,
  type TarEntry,
  transformTree,
} from '../../../packages/oci/src/index.ts'
import {
  createMemoryObjectStore,
  createStoreIntake,
} from '../../../packages/repository/src/index.ts'
import {
  memorySource,
  openSplitstream,
  SplitstreamWriter,
} from '../../../packages/splitstream/src/index.ts'
import { nodeZstd } from '../../../packages/splitstream/src/node.ts'
import { checkImage, versionFor } from '../compare-trees.ts'
import { mutateTar } from '../mutate/tar.ts'
import { attempt, attemptAsync, magnitude } from '../outcome.ts'
import { Disagreement, type Target } from '../target.ts'
import { vectorFiles } from '../vectors.ts'

/** Most bytes a layer may unfold to here: the time an input takes is what its limit allows. */
const LAYER_SIZE_MAX = 8 << 20
const SEED_SIZE_MAX = 32 << 10
/** Memory that is filled at once with what a blob unfolds to. */
const TARGET_SIZE = 50_000
/** A piece of a blob, as if it came from a socket. */
const PIECE_SIZE = 7000

/** Layers: decompression, tar, the stored stream, the tree of it and its images. */
export const tarTarget: Target = {
  name: 'tar',
  seeds: async () => [
    ...vectorFiles('tar', { endings: ['.tar'], maxSize: SEED_SIZE_MAX }),
    ...vectorFiles('repo/layers', { endings: ['.tar'], maxSize: SEED_SIZE_MAX }),
    ...vectorFiles('repo/odd-tars', { endings: ['.tar'], maxSize: SEED_SIZE_MAX }),
    ...vectorFiles('compression', { endings: ['.gz', '.zst', '.tar'], maxSize: SEED_SIZE_MAX }),
  ],
  dictionary: [
    ...['ustar\x0000', 'ustar  \0', '.wh.', '.wh..wh..opq', 'SCHILY.xattr.', 'GNU.sparse.'],
    ...['30 mtime=1.5\n', '\x1f\x8b\x08', '\x28\xb5\x2f\xfd', '\x50\x2a\x4d\x18'],
  ].map(text => Buffer.from(text, 'latin1')),
  mutate: mutateTar,
  run: runTar,
}

/** Both who can decompress a layer. */
const [native, node] = (['native', 'node'] as const).map(
  choice => createEngine({ fallback: nodeHashing, choice }).decoders,
)

async function runTar(input: Uint8Array): Promise<string> {
  await checkDecoders(input)
  const first = await importTar(input, `sha256:${sha256(input)}`)
  // Of a compressed layer only the import knows what it unfolds to: the second try names it.
  const { result, actual } = first
  const { outcome, stored } =
    actual === undefined ? result : (await importTar(input, actual)).result
  if (stored === undefined) return outcome
  const entries = await readBack(stored)
  const tree = attempt(() => {
    const merger = new LayerMerger(SHA256)
    for (let index = 0; index < 2; index++) {
      merger.beginLayer({ index, diffId: `sha256:${'0'.repeat(64)}` })
      for (const entry of stored.entries) merger.apply(entry)
    }
    return merger.finish()
  })
  const size = `${entries} ${magnitude(stored.entries.length)}`
  if (tree.value === undefined) return `${size} ${tree.outcome}`
  const images = checkImage(tree.value, versionFor(input))
  const transformed = attempt(() =>
    transformTree(tree.value as NonNullable<typeof tree.value>, { xattrs: 'allowlist-only' }),
  )
  return `${size} ${images} ${transformed.outcome} ${magnitude(tree.value.inodeCount)}`
}

/** Whoever decompresses it, the same bytes come out, or the same kind of error. */
async function checkDecoders(input: Uint8Array): Promise<void> {
  const ours = await unpack(input, native)
  const theirs = await unpack(input, node)
  if (ours !== theirs) throw new Disagreement(`${ours} and ${theirs} of two decoders`)
}

async function unpack(input: Uint8Array, decoders: typeof native): Promise<string> {
  const hash = createHash('sha256')
  const target = new Uint8Array(TARGET_SIZE)
  const { outcome } = await attemptAsync(async () => {
    const { compression, bytes } = await detectBlob(pieces(input), {})
    if (compression === 'none') return
    const decoder = openDecoder(bytes, { compression, decoders })
    try {
      for (let size = 0; size < LAYER_SIZE_MAX; ) {
        const filled = await decoder.fill(target)
        if (filled === 0) return
        hash.update(target.subarray(0, filled))
        size += filled
      }
    } finally {
      await decoder.close()
    }
  })
  return outcome === 'ok' ? hash.digest('hex') : (outcome.split(' ')[0] ?? '')
}

interface StoredTar {
  readonly entries: readonly TarEntry[]
  readonly stream: Uint8Array
  readonly content: string
  readonly sizes: ReadonlyMap<string, number>
}

interface ImportOutcome {
  readonly result: { readonly outcome: string; readonly stored?: StoredTar }
  /** The diff ID that the layer turned out to have. */
  readonly actual?: string
}

async function importTar(input: Uint8Array, diffId: string): Promise<ImportOutcome> {
  const entries: TarEntry[] = []
  const objects = createMemoryObjectStore(SHA256)
  const sizes = new Map<string, number>()
  let stream: Uint8Array | undefined
  let actual: string | undefined
  const repository = {
    intake: createStoreIntake(objects),
    hashing: nodeHashing,
    decoders: native,
    assertWritable() {},
    streams: {
      createWriter: (contentType: string) =>
        new SplitstreamWriter({ algorithm: SHA256, contentType, zstd: nodeZstd }),
      async store(writer: SplitstreamWriter) {
        stream = await writer.finish()
        return objects.put(stream).digest
      },
    },
  }
  const imported = await attemptAsync(async () => {
    try {
      return await importLayer(pieces(input), {
        repository,
        expected: { diffId },
        maxSize: LAYER_SIZE_MAX,
        entries: { onEntry: entry => void entries.push(entry) },
      })
    } catch (error) {
      const { code, facts } = error as { code?: string; facts?: { actual?: string } }
      if (code === 'ERR_OCI_DIFF_ID_MISMATCH') actual = facts?.actual
      throw error
    }
  })
  if (actual !== undefined) return { result: imported, actual }
  if (stream === undefined || imported.value === undefined) return { result: imported }
  for (const { content, size } of entries) {
    if (content?.kind === 'external') sizes.set(content.digest.hex, size)
  }
  const reader = await openSplitstream(memorySource(stream), { algorithm: SHA256, zstd: nodeZstd })
  const hash = createHash('sha256')
  for await (const piece of reader.cat(digest => objects.chunks(digest))) hash.update(piece)
  const content = `sha256:${hash.digest('hex')}`
  if (content !== diffId) throw new Disagreement(`the stream gives back ${content}`)
  return { result: { outcome: imported.outcome, stored: { entries, stream, content, sizes } } }
}

/** The entries of the stored stream must be those of the import. */
async function readBack({ stream, entries, sizes }: StoredTar): Promise<string> {
  const reader = await openSplitstream(memorySource(stream), { algorithm: SHA256, zstd: nodeZstd })
  let count = 0
  const kinds = new Set<string>()
  for await (const entry of layerEntries(reader, { objectSize: digest => sizes.get(digest.hex) })) {
    const imported = entries[count]
    if (imported === undefined || !sameEntry(entry, imported)) {
      throw new Disagreement(`entry ${count} of the stream is not that of the tar`)
    }
    kinds.add(entry.kind)
    count++
  }
  if (count !== entries.length) throw new Disagreement(`${count} of ${entries.length} entries`)
  return [...kinds].sort().join('+')
}

function sameEntry(a: TarEntry, b: TarEntry): boolean {
  return Buffer.from(formatLayerEntry(a)).equals(formatLayerEntry(b)) && a.offset === b.offset
}

async function* pieces(input: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < input.length; at += PIECE_SIZE) yield input.subarray(at, at + PIECE_SIZE)
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
