import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pack } from 'tar-stream'
import { onTestFinished } from 'vitest'

/** A descriptor as the tests write it; more keys are welcome. */
export interface TestDescriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly [key: string]: unknown
}

export const INDEX = 'application/vnd.oci.image.index.v1+json'
export const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
export const CONFIG = 'application/vnd.oci.image.config.v1+json'
export const LAYER = 'application/vnd.oci.image.layer.v1.tar'

/** A fresh directory, which goes with the test. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'composefs-oci-test-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** Puts a layout together blob by blob, so that a test can get any part of it wrong. */
export class LayoutBuilder {
  readonly directory: string

  constructor(directory = temporaryDirectory()) {
    this.directory = directory
    mkdirSync(join(directory, 'blobs', 'sha256'), { recursive: true })
    this.write('oci-layout', '{"imageLayoutVersion":"1.0.0"}')
  }

  write(path: string, content: string | Uint8Array): void {
    writeFileSync(join(this.directory, path), content)
  }

  /** Stores a blob and describes it. */
  blob(content: string | Uint8Array, mediaType: string, extra: object = {}): TestDescriptor {
    const bytes = Buffer.from(content)
    const hex = createHash('sha256').update(bytes).digest('hex')
    this.write(`blobs/sha256/${hex}`, bytes)
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length, ...extra }
  }

  json(value: unknown, mediaType: string, extra: object = {}): TestDescriptor {
    return this.blob(JSON.stringify(value), mediaType, extra)
  }

  /** An image of these layers; `config` goes over the config's keys. */
  image(layers: readonly Uint8Array[], config: object = {}, extra: object = {}): TestDescriptor {
    const diffIds = layers.map(tar => `sha256:${createHash('sha256').update(tar).digest('hex')}`)
    const rootfs = { type: 'layers', diff_ids: diffIds }
    return this.manifest(
      this.json({ architecture: 'amd64', os: 'linux', rootfs, ...config }, CONFIG),
      layers.map(tar => this.blob(tar, LAYER)),
      extra,
    )
  }

  manifest(
    config: TestDescriptor,
    layers: readonly TestDescriptor[],
    extra: object = {},
    more: object = {},
  ): TestDescriptor {
    const body = { schemaVersion: 2, mediaType: MANIFEST, config, layers, ...more }
    return this.json(body, MANIFEST, extra)
  }

  index(manifests: readonly object[], extra: object = {}): TestDescriptor {
    return this.json({ schemaVersion: 2, mediaType: INDEX, manifests }, INDEX, extra)
  }

  /** Writes index.json. A descriptor given by a tag gets it as its name. */
  finish(manifests: readonly object[] | Readonly<Record<string, TestDescriptor>>): this {
    const entries: readonly object[] = isList(manifests)
      ? manifests
      : Object.entries(manifests).map(([tag, descriptor]) => tagged(descriptor, tag))
    this.write('index.json', JSON.stringify({ schemaVersion: 2, manifests: entries }))
    return this
  }
}

/** The descriptor under a name. */
export function tagged(descriptor: TestDescriptor, tag: string): TestDescriptor {
  return { ...descriptor, annotations: { 'org.opencontainers.image.ref.name': tag } }
}

/** A tar of files in this order. A content of `{ link }` makes a hard link, `{ symlink }` a symlink. */
export async function tarOf(
  files: readonly (readonly [
    string,
    string | Uint8Array | { link: string } | { symlink: string },
  ])[],
): Promise<Buffer> {
  const archive = pack()
  const collected = collect(archive as AsyncIterable<Uint8Array>)
  for (const [name, content] of files) {
    if (typeof content === 'string' || content instanceof Uint8Array) {
      archive.entry({ name }, Buffer.from(content))
    } else if ('link' in content) {
      archive.entry({ name, type: 'link', linkname: content.link })
    } else {
      archive.entry({ name, type: 'symlink', linkname: content.symlink })
    }
  }
  archive.finalize()
  return collected
}

/** All chunks in one piece. */
export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(chunk)
  return Buffer.concat(parts)
}

function isList(value: object): value is readonly object[] {
  return Array.isArray(value)
}
