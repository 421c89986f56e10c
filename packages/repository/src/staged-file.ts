import { closeSync, constants, fsyncSync, openSync, renameSync, unlinkSync } from 'node:fs'
import { linkFile } from './data-sharing.ts'
import { isErrno } from './errors.ts'
import { openForReading, readPieces, writeFully } from './file-bytes.ts'
import { TEMPORARY_OBJECT } from './layout.ts'
import type { FileDescriptor, System } from './system.ts'
import { withTemporaryName } from './temporary-name.ts'

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR } = constants

/**
 * A file that is being written and that nobody can see: unnamed, or under a temporary name where the file system
 * has no unnamed files. It becomes visible, complete, by `link` or `replace`; otherwise `close` leaves nothing.
 */
export class StagedFile {
  readonly #system: System
  readonly #directory: string
  readonly #mode: number
  #file: FileDescriptor
  /** The name that has to go, if there is one. */
  #temporary: string | undefined
  #isClosed = false

  private constructor(
    system: System,
    place: { readonly directory: string; readonly mode: number },
    staged: Unfinished,
  ) {
    this.#system = system
    this.#directory = place.directory
    this.#mode = place.mode
    this.#file = staged.file
    this.#temporary = staged.temporary
  }

  /** Starts a file that will get a name on the file system of `directory`. The umask takes from `mode`. */
  static create(
    system: System,
    place: { readonly directory: string; readonly mode: number },
  ): StagedFile {
    return new StagedFile(system, place, createFile(system, place))
  }

  /**
   * Starts with another name of a file that is complete.
   *
   * @throws RepositoryError ERR_REPOSITORY_CANNOT_SHARE
   */
  static link(
    system: System,
    place: { readonly directory: string; readonly mode: number },
    path: string,
  ): StagedFile {
    const { directory } = place
    const { path: temporary } = withTemporaryName({ directory, prefix: TEMPORARY_OBJECT }, name =>
      linkFile(path, name),
    )
    try {
      return new StagedFile(system, place, { file: openForReading(temporary), temporary })
    } catch (error) {
      unlinkSync(temporary)
      throw error
    }
  }

  get file(): FileDescriptor {
    return this.#file
  }

  /** Appends `data`. */
  write(data: Uint8Array): void {
    this.#placed(() => writeFully(this.#file, data))
  }

  /** Writes the file itself to the disk. */
  sync(): void {
    this.#placed(() => fsyncSync(this.#file))
  }

  /** Ends the writing: fs-verity wants that nobody has the file open for writing, this process included. */
  freeze(): void {
    const written = this.#file
    this.#file = this.#placed(() => this.#system.reopenReadOnly(written))
    // May fail with what went wrong with the writing on a network. The file is closed all the same.
    this.#placed(() => closeSync(written))
  }

  /** Goes on with a copy, frozen too: of the copy no other process can have a descriptor open for writing. */
  copyFrozen(): void {
    const copy = StagedFile.create(this.#system, { directory: this.#directory, mode: this.#mode })
    try {
      for (const piece of readPieces(this.#file)) copy.write(piece)
      copy.freeze()
    } catch (error) {
      copy.close()
      throw error
    }
    const old = { file: this.#file, temporary: this.#temporary }
    this.#file = copy.#file
    this.#temporary = copy.#temporary
    discard(old)
  }

  /** Gives the file its name unless the name exists. ENOENT means that the directory is missing. */
  link(path: string | Uint8Array): 'linked' | 'exists' {
    if (this.#temporary === undefined) return this.#system.linkUnnamed(this.#file, path)
    const name = typeof path === 'string' ? path : Buffer.from(path).toString()
    if (this.#system.renameNoReplace(this.#temporary, name) === 'exists') return 'exists'
    this.#temporary = undefined
    return 'linked'
  }

  /** Gives the file its name in the place of whatever file has it. */
  replace(path: string): void {
    if (this.#temporary === undefined) {
      const { path: temporary } = withTemporaryName(
        { directory: this.#directory, prefix: TEMPORARY_OBJECT },
        name => {
          if (this.#system.linkUnnamed(this.#file, name) === 'linked') return
          throw Object.assign(new Error(`EEXIST: link '${name}'`), { code: 'EEXIST', path: name })
        },
      )
      this.#temporary = temporary
    }
    renameSync(this.#temporary, path)
    this.#temporary = undefined
  }

  /** The file has no name to tell in an error: its directory tells which file system it is about. */
  #placed<T>(step: () => T): T {
    try {
      return step()
    } catch (error) {
      throw error instanceof Error ? Object.assign(error, { path: this.#directory }) : error
    }
  }

  /** Closes the file. Unless it has been linked it is gone. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    discard({ file: this.#file, temporary: this.#temporary })
  }
}

/** An open file, and the temporary name it has to lose. */
interface Unfinished {
  readonly file: FileDescriptor
  readonly temporary: string | undefined
}

function discard({ file, temporary }: Unfinished): void {
  try {
    if (temporary !== undefined) unlinkSync(temporary)
  } catch (error) {
    // Whoever removed it meanwhile, a gc of a clock that is a day ahead, did what was to be done.
    if (!isErrno(error, 'ENOENT')) throw error
  } finally {
    closeSync(file)
  }
}

function createFile(
  system: System,
  place: { readonly directory: string; readonly mode: number },
): Unfinished {
  const { directory, mode } = place
  const file = system.createUnnamed(directory, mode)
  if (file !== undefined) return { file, temporary: undefined }
  const named = withTemporaryName({ directory, prefix: TEMPORARY_OBJECT }, path =>
    openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode),
  )
  return { file: named.made, temporary: named.path }
}
