import { concatBytes } from '@composefs/bytes'
import { type Algorithm, createFsverity, type Digest, fsverityDigest } from '@composefs/fsverity'
import { formatLayerEntry, LayerSplitter, type TarEntry } from '@composefs/oci/layer'

/** What a tar is split into. */
export interface Split {
  readonly entries: readonly TarEntry[]
  /** The entries as dump lines. */
  readonly lines: readonly string[]
  /** Inline bytes and objects, in order: together the tar. */
  readonly parts: readonly (Uint8Array | Digest)[]
  readonly objects: ReadonlyMap<string, Uint8Array>
}

/** Splits a tar with its objects in memory. */
export function splitTar(tar: Uint8Array, algorithm: Algorithm): Split {
  const entries: TarEntry[] = []
  const parts: (Uint8Array | Digest)[] = []
  const objects = new Map<string, Uint8Array>()
  const splitter = new LayerSplitter({
    inline: data => void parts.push(data.slice()),
    object(content) {
      const digest = fsverityDigest(content, { algorithm })
      objects.set(digest.hex, content.slice())
      return digest
    },
    openObject() {
      const verity = createFsverity({ algorithm })
      const pieces: Uint8Array[] = []
      return {
        write(data) {
          verity.update(data)
          pieces.push(data.slice())
        },
        finish() {
          const digest = verity.digest()
          objects.set(digest.hex, concatBytes(pieces))
          return digest
        },
        abort() {},
      }
    },
    external: digest => void parts.push(digest),
    entry: entry => void entries.push(entry),
  })
  splitter.push(tar)
  splitter.finish()
  const text = new TextDecoder()
  const lines = entries.map(entry => text.decode(formatLayerEntry(entry)).slice(0, -1))
  return { entries, lines, parts, objects }
}

/** The tar that was split. */
export function joinTar({ parts, objects }: Split): Uint8Array[] {
  return parts.map(part => (part instanceof Uint8Array ? part : objectNamed(objects, part)))
}

function objectNamed(objects: ReadonlyMap<string, Uint8Array>, digest: Digest): Uint8Array {
  const content = objects.get(digest.hex)
  if (content === undefined) throw new Error(`no object ${digest.hex}`)
  return content
}
