import type { ReadOptions } from '../disk/read-range.ts'
import type { Descriptor } from '../document/descriptor.ts'
import { parseIndex } from '../document/index-document.ts'
import { JSON_SIZE_MAX, parseJson } from '../document/json.ts'
import { JsonRecord } from '../document/json-record.ts'
import { requireOciDigest } from '../document/oci-digest.ts'
import { hostPlatform, type Platform } from '../document/platform.ts'
import { readAll, readDocument, sizeMismatch } from '../document/read-document.ts'
import { OciError } from '../errors.ts'
import type { ImageSource, ManifestBytes } from './image-source.ts'
import { inlineData } from './inline-data.ts'
import type { LayoutFile, LayoutFiles } from './layout-files.ts'
import { listManifests } from './list-manifests.ts'
import { missingBlob } from './missing-blob.ts'
import { type SelectManifestOptions, selectManifest, taggedEntries } from './select-manifest.ts'

/** Which image of a layout. */
export interface SelectOptions {
  /** The annotation `org.opencontainers.image.ref.name`; without it the only image there is. */
  readonly tag?: string | undefined
  /** Default: that of this machine. */
  readonly platform?: Platform | undefined
}

/** The only `imageLayoutVersion` there is. */
const LAYOUT_VERSION = '1.0.0'

/**
 * An image source over the files of a layout; takes the files over and closes them, also when it fails.
 *
 * @throws OciError ERR_OCI_NOT_A_LAYOUT, ERR_OCI_UNSUPPORTED_LAYOUT_VERSION
 */
export async function openLayoutFiles(
  files: LayoutFiles,
  transport: 'oci' | 'oci-archive',
  options: SelectOptions,
): Promise<ImageSource> {
  try {
    await checkLayoutVersion(files)
  } catch (error) {
    await files.close()
    throw error
  }
  return new LayoutSource(files, transport, options)
}

class LayoutSource implements ImageSource {
  readonly description: string
  readonly isLocal = true
  readonly #files: LayoutFiles
  readonly #options: SelectOptions

  constructor(files: LayoutFiles, transport: string, options: SelectOptions) {
    this.#files = files
    this.#options = options
    this.description = `${transport}:${files.name}${options.tag === undefined ? '' : `:${options.tag}`}`
  }

  async manifest(options: { readonly signal?: AbortSignal } = {}): Promise<ManifestBytes> {
    const index = parseIndex(await readNamed(this.#files, 'index.json'))
    return selectManifest(index, this.#selection(options))
  }

  async manifests(options: { readonly signal?: AbortSignal } = {}): Promise<readonly Descriptor[]> {
    const index = parseIndex(await readNamed(this.#files, 'index.json'))
    const selection = this.#selection(options)
    return listManifests(taggedEntries(index, selection), selection)
  }

  async *blob(descriptor: Descriptor, options: ReadOptions = {}): AsyncGenerator<Uint8Array> {
    const { algorithm, encoded } = requireOciDigest(descriptor.digest, 'a blob', [
      'sha256',
      'sha512',
    ])
    const file = await this.#files.open(`blobs/${algorithm}/${encoded}`)
    if (file === undefined) {
      const data = inlineData(descriptor)
      if (data === undefined) throw missingBlob(descriptor, this.#files.name)
      yield data
      return
    }
    if (file.size !== descriptor.size) {
      await file.close()
      throw sizeMismatch(descriptor, 'blob', file.size)
    }
    yield* file.chunks(options)
  }

  close(): Promise<void> {
    return this.#files.close()
  }

  #selection(options: { readonly signal?: AbortSignal }): SelectManifestOptions {
    return {
      tag: this.#options.tag,
      platform: this.#options.platform ?? hostPlatform(),
      source: this.#files.name,
      read: (descriptor, what) => readDocument(descriptor, what, d => this.blob(d, options)),
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

async function checkLayoutVersion(files: LayoutFiles): Promise<void> {
  const record = new JsonRecord(parseJson(await readNamed(files, 'oci-layout')), 'oci-layout', [
    'imageLayoutVersion',
  ])
  const version = record.requireString('imageLayoutVersion')
  if (version !== LAYOUT_VERSION) {
    throw new OciError(
      'ERR_OCI_UNSUPPORTED_LAYOUT_VERSION',
      `${files.name}: image layout version ${JSON.stringify(version)}, not ${LAYOUT_VERSION}`,
      { path: files.name, expected: LAYOUT_VERSION, actual: version },
    )
  }
}

/** Reads one of the two files that have no descriptor. */
async function readNamed(files: LayoutFiles, name: string): Promise<Uint8Array> {
  const file: LayoutFile | undefined = await files.open(name)
  if (file === undefined) {
    throw new OciError('ERR_OCI_NOT_A_LAYOUT', `${files.name} has no ${name}: no OCI layout`, {
      path: files.name,
      expected: name,
    })
  }
  if (file.size > JSON_SIZE_MAX) {
    await file.close()
    throw new OciError(
      'ERR_OCI_BAD_JSON',
      `${name} of ${file.size} bytes: at most ${JSON_SIZE_MAX} are read`,
      { path: name, expected: JSON_SIZE_MAX, actual: file.size },
    )
  }
  return readAll(file.chunks(), JSON_SIZE_MAX)
}
