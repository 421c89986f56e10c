import { randomBytes } from 'node:crypto'
import {
  type FileHandle,
  link,
  lstat,
  open,
  realpath,
  rename,
  rm,
  stat,
  unlink,
} from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { OciError } from '../errors.ts'

/** What a file system says that has no hard links. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV'])

/**
 * A file that is being written under a temporary name beside its place. It gets its name, complete, by `publish`;
 * otherwise `close` removes it.
 */
export class NewFile {
  readonly file: FileHandle
  /** The directory of the file. */
  readonly directory: string
  readonly #path: string
  readonly #temporary: string
  readonly #force: boolean
  #isNamed = false

  private constructor(
    file: FileHandle,
    place: { readonly path: string; readonly temporary: string; readonly force: boolean },
  ) {
    this.file = file
    this.directory = dirname(place.path)
    this.#path = place.path
    this.#temporary = place.temporary
    this.#force = place.force
  }

  /**
   * @param force whether it may take the place of a file; of a directory or device nothing ever takes the place
   * @throws OciError ERR_OCI_TARGET_EXISTS
   */
  static async create(path: string, { force }: { readonly force: boolean }): Promise<NewFile> {
    const place = await findPlace(path, force)
    const temporary = join(dirname(place), `.composefs-${randomBytes(9).toString('base64url')}`)
    const file = await open(temporary, 'wx+').catch(error => {
      // Nobody has asked for the temporary name.
      throw Object.assign(error, { path: place })
    })
    return new NewFile(file, { path: place, temporary, force })
  }

  /** Writes behind what was written; an error names the file as it will be called. */
  async write(content: Uint8Array | string): Promise<void> {
    try {
      await this.file.writeFile(content)
    } catch (error) {
      throw Object.assign(error as Error, { path: this.#path })
    }
  }

  /**
   * Gives the file its name, once all of it is on the disk.
   *
   * @throws OciError ERR_OCI_TARGET_EXISTS for one that came meanwhile
   */
  async publish(): Promise<void> {
    await this.file.sync()
    if (this.#force) await rename(this.#temporary, this.#path)
    else await this.#linkNew()
    this.#isNamed = true
    await syncDirectory(this.directory)
  }

  /** Closes the file; without `publish` nothing of it stays. */
  async close(): Promise<void> {
    await this.file.close()
    if (!this.#isNamed) await rm(this.#temporary, { force: true })
  }

  /** A rename would take the place of a file that somebody made after we looked. */
  async #linkNew(): Promise<void> {
    try {
      await link(this.#temporary, this.#path)
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      if (code === 'EEXIST') throw exists(this.#path, 'exists', true)
      if (!NO_LINKS.has(code)) throw error
      if (await isThere(this.#path)) throw exists(this.#path, 'exists', true)
      await rename(this.#temporary, this.#path)
      return
    }
    await unlink(this.#temporary)
  }
}

/** Writes the names in a directory to the disk. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** The path without symlinks, so that what a symlink points to is replaced and not the symlink. */
async function findPlace(path: string, force: boolean): Promise<string> {
  let real: string
  try {
    real = await realpath(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    if (await isThere(path)) throw exists(path, 'is a symlink to nothing', false)
    return join(await realpath(dirname(path)), basename(path))
  }
  if (!(await stat(real)).isFile()) throw exists(path, 'exists and is no file', false)
  if (!force) throw exists(path, 'exists', true)
  return real
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

function exists(path: string, how: string, canReplace: boolean): OciError {
  return new OciError('ERR_OCI_TARGET_EXISTS', `${path} ${how}`, { path, canReplace })
}
