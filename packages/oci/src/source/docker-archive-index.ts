import type { FileHandle } from 'node:fs/promises'
import { decodeUtf8 } from '@composefs/bytes'
import { OciError } from '../errors.ts'
import type { TarEntry } from '../tar/entry.ts'
import type { ArchiveMember } from './archive-file.ts'
import { memberOf, scanArchive } from './archive-scan.ts'

/** Most files and links of an archive, several for each layer: what they are called stays in memory. */
const DOCKER_ARCHIVE_MEMBERS_MAX = 1 << 16

/** Longest name in characters. Docker's are a digest and a few words. */
const NAME_LENGTH_MAX = 512

/** Symlinks that are followed one after the other. */
const LINKS_MAX = 8

type Entry =
  | { readonly kind: 'file'; readonly member: ArchiveMember }
  | { readonly kind: 'link'; readonly target: string }
  /** Two files have the name: which one counts differs between readers. */
  | { readonly kind: 'ambiguous' }

/** The files of an archive by name. */
export class DockerArchiveIndex {
  readonly #entries: ReadonlyMap<string, Entry>
  readonly #archive: string

  private constructor(entries: ReadonlyMap<string, Entry>, archive: string) {
    this.#entries = entries
    this.#archive = archive
  }

  /**
   * Reads the headers of an uncompressed tar.
   *
   * @throws OciError ERR_OCI_BAD_ARCHIVE
   */
  static async read(
    file: FileHandle,
    archive: { readonly size: number; readonly name: string },
    signal?: AbortSignal,
  ): Promise<DockerArchiveIndex> {
    const entries = new Map<string, Entry>()
    await scanArchive(
      file,
      archive,
      (entry, contentOffset) => addEntry(entries, entry, contentOffset),
      signal,
    )
    return new DockerArchiveIndex(entries, archive.name)
  }

  has(name: string): boolean {
    return this.#entries.has(name)
  }

  /**
   * The file of that name. Symlinks are followed inside the archive: docker save makes them for layers that several
   * images have.
   *
   * @throws OciError ERR_OCI_BAD_ARCHIVE when there is none, or more than one
   */
  find(path: string): ArchiveMember {
    let name = cleanName(path)
    for (let links = 0; links <= LINKS_MAX; links++) {
      const entry = name === undefined ? undefined : this.#entries.get(name)
      if (name === undefined || entry === undefined) throw this.#bad(path, 'is not in the archive')
      if (entry.kind === 'file') return entry.member
      if (entry.kind === 'ambiguous') throw this.#bad(path, 'is in the archive more than once')
      name = joinTarget(name, entry.target)
    }
    throw this.#bad(path, 'is a symlink to no end')
  }

  #bad(path: string, why: string): OciError {
    const shown = path.length > 100 ? `${path.slice(0, 100)}…` : path
    return new OciError(
      'ERR_OCI_BAD_ARCHIVE',
      `${this.#archive}: the file ${JSON.stringify(shown)} ${why}`,
      { path: this.#archive },
    )
  }
}

function addEntry(entries: Map<string, Entry>, entry: TarEntry, contentOffset: number): void {
  const name = nameOf(entry.path)
  if (name === undefined || name === '' || name.length > NAME_LENGTH_MAX) return
  const found = readEntry(entries, entry, contentOffset)
  if (found === undefined) return
  entries.set(name, entries.has(name) ? { kind: 'ambiguous' } : found)
  if (entries.size > DOCKER_ARCHIVE_MEMBERS_MAX) {
    throw new OciError(
      'ERR_OCI_BAD_ARCHIVE',
      `more than ${DOCKER_ARCHIVE_MEMBERS_MAX} files in an archive of images`,
      { expected: DOCKER_ARCHIVE_MEMBERS_MAX },
    )
  }
}

function readEntry(
  entries: ReadonlyMap<string, Entry>,
  entry: TarEntry,
  contentOffset: number,
): Entry | undefined {
  if (entry.kind === 'hardlink') return entries.get(nameOf(entry.target) ?? '')
  if (entry.kind === 'symlink') {
    const target = decodeUtf8(entry.target)
    const isUsable = target !== undefined && target.length <= NAME_LENGTH_MAX
    return isUsable ? { kind: 'link', target } : undefined
  }
  const member = memberOf(entry, contentOffset)
  return member && { kind: 'file', member }
}

function nameOf(path: Uint8Array): string | undefined {
  const text = decodeUtf8(path)
  return text === undefined ? undefined : cleanName(text)
}

/** Where a symlink leads; undefined for out of the archive. */
function joinTarget(name: string, target: string): string | undefined {
  if (target.startsWith('/')) return undefined
  return cleanName(`${name}/../${target}`)
}

/** The name without empty, `.` and `..` components; undefined for one that leads out of the archive. */
function cleanName(path: string): string | undefined {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) return undefined
  }
  return parts.join('/')
}
