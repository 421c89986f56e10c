import { createHash } from 'node:crypto'
import { createFsverity, type Digest, fsverityDigest, SHA256 } from '@composefs/fsverity'
import { nodeHashing } from '@composefs/fsverity/node'
import { formatLayerEntry } from '../src/layer/layer-dump.ts'
import type { TarEntry } from '../src/tar/entry.ts'
import { LayerSplitter } from '../src/tar/splitter.ts'

/** What a layer is split into. */
export interface Split {
  readonly entries: TarEntry[]
  readonly lines: string[]
  /** Inline data between the external references, joined. */
  readonly parts: (Uint8Array | { readonly digest: Digest; readonly size: number })[]
  readonly objects: ReadonlyMap<string, Uint8Array>
}

/** Splits the chunks of a tar, objects in memory. */
export function splitInMemory(chunks: Iterable<Uint8Array>, algorithm = SHA256): Split {
  const options = { algorithm, hashing: nodeHashing }
  const entries: TarEntry[] = []
  const parts: Split['parts'] = []
  const objects = new Map<string, Uint8Array>()
  let inline: Uint8Array[] = []
  const flush = () => {
    if (inline.length > 0) parts.push(Buffer.concat(inline))
    inline = []
  }
  const splitter = new LayerSplitter({
    inline: data => void inline.push(data.slice()),
    object(content) {
      const digest = fsverityDigest(content, options)
      objects.set(digest.hex, content.slice())
      return digest
    },
    openObject() {
      const verity = createFsverity(options)
      const pieces: Uint8Array[] = []
      return {
        write(data) {
          verity.update(data)
          pieces.push(data.slice())
        },
        finish() {
          const digest = verity.digest()
          objects.set(digest.hex, Buffer.concat(pieces))
          return digest
        },
        abort: () => {},
      }
    },
    external(digest, size) {
      flush()
      parts.push({ digest, size })
    },
    entry: entry => void entries.push(entry),
  })
  for (const chunk of chunks) splitter.push(chunk)
  splitter.finish()
  flush()
  const lines = entries.map(entry => new TextDecoder().decode(formatLayerEntry(entry)).slice(0, -1))
  return { entries, lines, parts, objects }
}

/** The tar that was split. */
export function joinSplit({ parts, objects }: Split): Uint8Array {
  const pieces = parts.map(part =>
    part instanceof Uint8Array ? part : (objects.get(part.digest.hex) ?? new Uint8Array()),
  )
  return Buffer.concat(pieces)
}

export function sha256(data: Uint8Array): string {
  return `sha256:${createHash('sha256').update(data).digest('hex')}`
}

/** A line as the vectors have it: very long ones are given by their hash. */
export function vectorLine(line: string): string {
  if (line.length <= 8192) return line
  return `line-sha256:${createHash('sha256').update(line).digest('hex')}`
}
