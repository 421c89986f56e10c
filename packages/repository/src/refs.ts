import { dirname, join } from 'node:path'
import { decodeUtf8, showUtf8 } from '@composefs/bytes'
import { readDirectory } from './directory.ts'
import { isRepositoryError, RepositoryError } from './errors.ts'
import { type Layout, refLinkText } from './layout.ts'
import { isRealDirectory, readLink, removeLink, setLink, targetOfRef } from './links.ts'
import { assertRefName, badName } from './names.ts'

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
    const text = isRealDirectory(this.#layout, dirname(path)) ? readLink(path) : undefined
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
    if (!isRealDirectory(this.#layout, path)) return
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

  #resolve(name: string): string {
    assertRefName(name)
    return join(this.#path, name)
  }
}

function* walk(
  directory: string,
  prefix: string,
  onBroken: OnBrokenRef | undefined,
): Generator<RefEntry> {
  for (const entry of readDirectory(directory)) {
    const part = decodeUtf8(entry.name)
    if (part === undefined) {
      const shown = prefix + showUtf8(entry.name)
      const error = badName(shown, 'is not UTF-8')
      if (onBroken === undefined) throw error
      onBroken(shown, error)
      continue
    }
    const name = prefix + part
    const path = join(directory, part)
    if (entry.isDirectory()) {
      yield { name, path, kind: 'directory' }
      yield* walk(path, `${name}/`, onBroken)
    } else {
      yield { name, path, kind: entry.isSymbolicLink() ? 'symlink' : 'other' }
    }
  }
}
