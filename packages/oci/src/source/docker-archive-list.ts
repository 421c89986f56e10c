import { parseJson } from '../document/json.ts'
import { JsonRecord } from '../document/json-record.ts'
import { OciError } from '../errors.ts'

/** One image of an archive, as `manifest.json` lists it. */
export interface DockerArchiveEntry {
  /** Name of the file with the config. */
  readonly config: string
  /** Its names, such as `debian:12`. */
  readonly tags: readonly string[]
  /** Names of the files with the layers, base first. */
  readonly layers: readonly string[]
}

const IMAGE_KEYS = ['Config', 'RepoTags', 'Layers']

/**
 * Reads `manifest.json`, the list of images that docker save and its like write.
 *
 * @throws OciError ERR_OCI_BAD_JSON, ERR_OCI_DUPLICATE_KEY, ERR_OCI_AMBIGUOUS_KEY
 */
export function parseDockerArchiveEntries(bytes: Uint8Array): DockerArchiveEntry[] {
  const node = parseJson(bytes)
  if (node.kind !== 'array') {
    throw new OciError('ERR_OCI_BAD_JSON', 'manifest.json of the archive is not a list', {
      offset: node.start,
    })
  }
  return node.items.map((item, i) => {
    const record = new JsonRecord(item, `manifest.json[${i}]`, IMAGE_KEYS)
    return {
      config: record.requireString('Config'),
      tags: record.strings('RepoTags'),
      layers: record.strings('Layers'),
    }
  })
}

/**
 * Chooses an image by `NAME[:TAG]` or `@N`, N from 0; without one, the only image there is.
 *
 * @throws OciError ERR_OCI_AMBIGUOUS_TAG, ERR_OCI_TAG_NOT_FOUND, ERR_OCI_BAD_REFERENCE
 */
export async function chooseDockerArchiveEntry(
  images: readonly DockerArchiveEntry[],
  archive: { readonly name: string; readonly tag: string | undefined },
): Promise<DockerArchiveEntry> {
  const { name, tag } = archive
  if (tag === undefined) {
    const [first] = images
    if (first !== undefined && images.length === 1) return first
    throw new OciError(
      first === undefined ? 'ERR_OCI_TAG_NOT_FOUND' : 'ERR_OCI_AMBIGUOUS_TAG',
      first === undefined
        ? `${name}: an archive without images`
        : `${name}: more than one image: ${choicesOf(images).join(', ')}`,
      { choices: choicesOf(images) },
    )
  }
  const wanted = tag.startsWith('@') ? images[sourceIndex(tag)] : await imageNamed(images, tag)
  if (wanted !== undefined) return wanted
  throw new OciError(
    'ERR_OCI_TAG_NOT_FOUND',
    `${name}: no image ${tag.startsWith('@') ? 'number' : 'named'} ${tag}`,
    { choices: choicesOf(images), tag },
  )
}

function choicesOf(images: readonly DockerArchiveEntry[]): string[] {
  return images.flatMap(({ tags }, i) => (tags.length === 0 ? [`@${i}`] : tags))
}

function sourceIndex(tag: string): number {
  if (!/^@\d{1,9}$/.test(tag)) {
    throw new OciError(
      'ERR_OCI_BAD_REFERENCE',
      `${tag} is no number of an image: @0 is the first`,
      {
        reference: tag,
      },
    )
  }
  return Number(tag.slice(1))
}

async function imageNamed(
  images: readonly DockerArchiveEntry[],
  tag: string,
): Promise<DockerArchiveEntry | undefined> {
  const exact = images.find(({ tags }) => tags.includes(tag))
  if (exact !== undefined) return exact
  const { fullImageName } = await import('../full-image-name.ts')
  const wanted = fullImageName(tag)
  if (wanted === undefined) return undefined
  return images.find(({ tags }) => tags.some(each => fullImageName(each) === wanted))
}
