import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { parseManifest } from '../src/document/manifest.ts'
import type { ImageSource } from '../src/index.ts'
import { collect, tarOf, temporaryDirectory } from './layout-builder.ts'

export type ArchiveFile = readonly [
  string,
  string | Uint8Array | { link: string } | { symlink: string },
]

/** One image of an archive that a test puts together. */
export interface ArchivedImage {
  /** The config as text, in the form that skopeo writes. */
  readonly config: string
  /** `HEX.json` */
  readonly configName: string
  readonly diffIds: readonly string[]
}

export function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** The config of an image of these layers. */
export function archivedImage(layers: readonly Uint8Array[], config: object = {}): ArchivedImage {
  const diffIds = layers.map(layer => `sha256:${sha256(layer)}`)
  const text = JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: diffIds },
    ...config,
  })
  return { config: text, configName: `${sha256(text)}.json`, diffIds }
}

/** Writes the files as an archive and gives its path. */
export async function writeArchive(
  files: readonly ArchiveFile[],
  pack: (tar: Buffer) => Uint8Array = tar => tar,
): Promise<string> {
  const path = join(temporaryDirectory(), 'images.tar')
  writeFileSync(path, pack(await tarOf(files)))
  return path
}

/** `manifest.json` with one image. */
export function listOf(image: ArchivedImage, layers: readonly string[], tags = ['a:1']): string {
  return JSON.stringify([{ Config: image.configName, RepoTags: tags, Layers: layers }])
}

/** The digests of config and layers as they come; their sizes must be those of the manifest. */
export async function contents(source: ImageSource): Promise<string[]> {
  const { bytes } = await source.manifest()
  const { config, layers } = parseManifest(bytes)
  const digests: string[] = []
  for (const descriptor of [config, ...layers]) {
    const blob = await collect(source.blob(descriptor))
    expect(blob.length).toBe(descriptor.size)
    digests.push(`sha256:${sha256(blob)}`)
  }
  return digests
}
