import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { ServedManifest, ServedRepository } from './static-registry.ts'

interface Entry {
  readonly digest?: unknown
  readonly mediaType?: unknown
  readonly annotations?: Readonly<Record<string, unknown>>
}

/** A document larger than this is a layer. */
const DOCUMENT_SIZE_MAX = 4 << 20

const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json'

/**
 * What a registry would hand out that has the content of an OCI layout, good or bad: each blob under the digest that
 * its file is named by, each manifest with the media type of whoever names it.
 *
 * A name that index.json has more than once stands for index.json itself.
 */
export function serveLayout(directory: string): ServedRepository {
  const blobs = new Map<string, string>()
  for (const algorithm of readdirSync(join(directory, 'blobs'))) {
    for (const encoded of readdirSync(join(directory, 'blobs', algorithm))) {
      blobs.set(`${algorithm}:${encoded}`, join(directory, 'blobs', algorithm, encoded))
    }
  }
  const manifests = new Map<string, ServedManifest>()
  const add = ({ digest, mediaType }: Entry, reference: string) => {
    const path = blobs.get(String(digest))
    if (path === undefined || typeof mediaType !== 'string') return
    manifests.set(reference, { bytes: readFileSync(path), mediaType, digest: String(digest) })
  }
  for (const path of [join(directory, 'index.json'), ...blobs.values()]) {
    for (const entry of entriesOf(path)) add(entry, String(entry.digest))
  }
  const index = join(directory, 'index.json')
  for (const entry of entriesOf(index)) {
    const tag = entry.annotations?.['org.opencontainers.image.ref.name']
    if (typeof tag !== 'string') continue
    if (manifests.has(tag)) {
      const whole = asIndex(readFileSync(index))
      manifests.set(tag, whole).set(whole.digest, whole)
    } else {
      add(entry, tag)
    }
  }
  return { manifests, blobs }
}

function asIndex(bytes: Uint8Array): ServedManifest & { readonly digest: string } {
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  return { bytes, mediaType: INDEX_TYPE, digest }
}

/** The descriptors of an index; none of a file that is no index. */
function entriesOf(path: string): readonly Entry[] {
  if (!existsSync(path) || statSync(path).size > DOCUMENT_SIZE_MAX) return []
  try {
    const { manifests } = JSON.parse(readFileSync(path, 'utf8')) as { manifests?: unknown }
    return Array.isArray(manifests) ? (manifests as Entry[]) : []
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return []
    throw error
  }
}
