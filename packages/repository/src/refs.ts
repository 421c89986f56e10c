import { dirname, join } from 'node:path'
import { decodeUtf8, showUtf8 } from '@composefs/bytes'
import { type DirectoryEntry, readDirectory } from './directory.ts'
import { isRepositoryError, RepositoryError } from './errors.ts'
import { type Layout, refLinkText } from './layout.ts'
import { readLink, removeLink, setLink, targetOfRef } from './links.ts'
import { assertRefName, badName } from './names.ts'
import { isRealDirectory } from './real-directories.ts'

/** A named stream or image: a root of garbage collection. */
export interface Ref {
  /** Parts with `/` between them, without `refs/`. */
  readonly name: string
  /** The entry of `streams/` or `images/` it stands for. */
  readonly target: string
}

/** An entry below a directory of refs, of whatever kind. */
export interface RefEntry {
  readonly name: string
  readonly path: string
  readonly kind: 'symlink' | 'directory' | 'other'
}

/** Gets the name of an entry that is no good ref, and what is wrong with it. */
export type OnBrokenRef = (name: string, error: unknown) => void

/** The refs of streams or of images. */
export class RefDirectory {
  readonly #layout: Layout
  readonly #path: string

  constructor(layout: Layout, path: string) {
    this.#layout = layout
    this.#path = path
  }

  /**
   * Names the entry `target`. A ref of that name moves to it.
   *
   * @throws RepositoryError ERR_REPOSITORY_BAD_NAME, _REF_CONFLICT
   */
  set(name: string, target: string): void {
    const path = this.#resolve(name)
    try {
      setLink(this.#layout, path, refLinkText(name, target))
    } catch (error) {
      if (!isRepositoryError(error, 'ERR_REPOSITORY_BAD_LINK')) throw error
      throw new RepositoryError(
        'ERR_REPOSITORY_REF_CONFLICT',
        `the name ${JSON.stringify(name)} is taken by something that is no ref`,
        { name, path },
        { cause: error },
      )
    }
  }

  /** Removes a ref, not what it stands for; false when there is none of that name. */
  remove(name: string): boolean {
    return removeLink(this.#layout, this.#resolve(name))
  }

  /** The entry a ref stands for; undefined when there is none of that name. */
  target(name: string): string | undefined {
    const path = this.#resolve(name)
    const text = this.#isDirectory(dirname(path)) ? readLink(path) : undefined
    return text === undefined ? undefined : targetOfRef(text, path)
  }

  /**
   * Yields the refs, or those below the directory `prefix`, sorted by name within each directory. What vanishes
   * meanwhile is left out, and so is everything that is no symlink.
   *
   * @param onBroken gets what is no good ref instead of the caller, and the others go on
   */
  *list(prefix?: string, onBroken?: OnBrokenRef): Generator<Ref> {
    if (prefix !== undefined) assertRefName(prefix)
    for (const entry of this.entries(prefix, onBroken)) {
      if (entry.kind !== 'symlink') continue
      const target = this.#targetOf(entry, onBroken)
      if (target !== undefined) yield { name: entry.name, target }
    }
  }

  /** Yields everything below the refs. Symlinks are not followed. */
  *entries(prefix?: string, onBroken?: OnBrokenRef): Generator<RefEntry> {
    const path = prefix === undefined ? this.#path : join(this.#path, prefix)
    if (!this.#isDirectory(path)) return
    yield* walk(path, prefix === undefined ? '' : `${prefix}/`, onBroken)
  }

  #targetOf({ name, path }: RefEntry, onBroken: OnBrokenRef | undefined): string | undefined {
    try {
      const text = readLink(path)
      return text === undefined ? undefined : targetOfRef(text, path)
    } catch (error) {
      if (onBroken === undefined) throw error
      onBroken(name, error)
      return undefined
    }
  }

  /** False also for what is below something that is a ref itself. */
  #isDirectory(path: string): boolean {
    try {
      return isRealDirectory(this.#layout, path)
    } catch (error) {
      if (isRepositoryError(error, 'ERR_REPOSITORY_REF_CONFLICT')) return false
      throw error
    }
  }

  #resolve(name: string): string {
    assertRefName(name)
    return join(this.#path, name)
  }
}

/** A worklist instead of recursion: whoever made the directories chose how deep they are. */
function* walk(
  directory: string,
  prefix: string,
  onBroken: OnBrokenRef | undefined,
): Generator<RefEntry> {
  const open = [entriesOf(directory, prefix, onBroken)]
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const { value: entry, done } = top.next()
    if (done) {
      open.pop()
      continue
    }
    yield entry
    if (entry.kind === 'directory') open.push(entriesOf(entry.path, `${entry.name}/`, onBroken))
  }
}

function* entriesOf(
  directory: string,
  prefix: string,
  onBroken: OnBrokenRef | undefined,
): Generator<RefEntry, undefined> {
  for (const entry of readDirectory(directory)) {
    const part = decodeUtf8(entry.name)
    if (part === undefined) {
      const shown = prefix + showUtf8(entry.name)
      const error = badName(shown, 'is not UTF-8')
      if (onBroken === undefined) throw error
      onBroken(shown, error)
      continue
    }
    yield { name: prefix + part, path: join(directory, part), kind: kindOf(entry) }
  }
}

function kindOf(entry: DirectoryEntry): RefEntry['kind'] {
  if (entry.isDirectory()) return 'directory'
  return entry.isSymbolicLink() ? 'symlink' : 'other'
}
