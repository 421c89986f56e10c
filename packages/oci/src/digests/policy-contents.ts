import { concatBytes, encodeUtf8 } from '@composefs/bytes'
import type { Digest } from '@composefs/fsverity'
import type { FileTree, Inode } from '@composefs/tree'
import { isPolicyFile } from '../boot/boot-transform.ts'
import { POLICY_FILE_MAX } from '../boot/selinux/policy-files.ts'
import { OciError } from '../errors.ts'

/**
 * Most bytes of policy files that are kept, those of all layers together: more than the files of one policy may have.
 * The policies of Fedora and Debian have less than one MiB in the files that count.
 */
const KEPT_MAX = 8 * POLICY_FILE_MAX

const POLICY_DIRECTORY = 'etc/selinux'

/** A content on its way into what is kept. */
export interface KeptPieces {
  write(data: Uint8Array): void
  finish(digests: readonly Digest[]): void
}

/** The contents of the files that making the boot variant reads, of an image of which nothing else is kept. */
export class PolicyContents {
  /** By the hex of each of their digests. */
  readonly #contents = new Map<string, Uint8Array>()
  #size = 0

  /** True for the path of an entry whose content may be asked for later. */
  wants(path: Uint8Array): boolean {
    return isPolicyFile(plainPath(path))
  }

  /** Keeps a content under its digests where there is room; it is the caller's no more. */
  keep(digests: readonly Digest[], content: Uint8Array): void {
    if (!this.#hasRoom(content.length)) return
    this.#size += content.length
    for (const { hex } of digests) this.#contents.set(hex, content)
  }

  /** Forgets all contents but those of some digests. */
  retain(digests: ReadonlySet<string>): void {
    const kept = new Set<Uint8Array>()
    for (const [hex, content] of this.#contents) {
      if (digests.has(hex)) kept.add(content)
    }
    this.#size = 0
    for (const content of kept) this.#size += content.length
    for (const [hex, content] of this.#contents) {
      if (!kept.has(content)) this.#contents.delete(hex)
    }
  }

  /** Keeps a content that comes in pieces. */
  startKeeping(): KeptPieces {
    const pieces: Uint8Array[] = []
    let size = 0
    return {
      write: data => {
        size += data.length
        if (this.#hasRoom(size)) pieces.push(new Uint8Array(data))
        else pieces.length = 0
      },
      finish: digests => {
        if (this.#hasRoom(size)) this.keep(digests, concatBytes(pieces))
      },
    }
  }

  /** True when the content of that digest is kept. */
  has(digest: Digest): boolean {
    return this.#contents.has(digest.hex)
  }

  /**
   * The content of a file of the policy.
   *
   * @throws OciError ERR_OCI_POLICY_TOO_COMPLEX for one that there was no room for
   */
  read(tree: FileTree, inode: Inode): Uint8Array {
    const content = tree.content(inode)
    const kept = content.kind === 'external' ? this.#contents.get(content.digest.hex) : undefined
    if (kept !== undefined) return kept
    const message = `the files of the SELinux policies have more than ${KEPT_MAX} bytes`
    throw new OciError('ERR_OCI_POLICY_TOO_COMPLEX', message, { expected: KEPT_MAX })
  }

  /** True for a content that may be read, and that there is room for. */
  #hasRoom(size: number): boolean {
    return size <= POLICY_FILE_MAX && this.#size + size <= KEPT_MAX
  }
}

/** A file of a policy whose content is not in the tree. */
export interface PolicyFile {
  readonly digest: Digest
  readonly size: number
}

/** Yields the files of the policies of a merged tree whose contents are objects. */
export function* policyFiles(tree: FileTree): Generator<PolicyFile, void, undefined> {
  const top = tree.lookupPath(encodeUtf8(POLICY_DIRECTORY))
  if (top === undefined || !tree.isDirectory(top)) return
  const directories = [{ directory: top, path: POLICY_DIRECTORY }]
  for (let next = directories.pop(); next !== undefined; next = directories.pop()) {
    for (const { name, inode } of tree.entries(next.directory)) {
      const path = `${next.path}/${Buffer.from(name).toString('latin1')}`
      if (tree.isDirectory(inode)) {
        directories.push({ directory: inode, path })
        continue
      }
      const content = tree.content(inode)
      // Nobody reads one that is larger.
      if (content.kind !== 'external' || content.size > POLICY_FILE_MAX) continue
      if (isPolicyFile(Buffer.from(path, 'latin1'))) yield content
    }
  }
}

/** The path without empty components and `.`, which is how the policy is looked up in the tree. */
function plainPath(path: Uint8Array): Uint8Array {
  const text = Buffer.from(path).toString('latin1')
  // Nearly every path is plain, or has one `./` in front.
  if (!text.includes('/.') && !text.includes('//')) return path
  const components = text.split('/').filter(part => part !== '' && part !== '.')
  return Buffer.from(`/${components.join('/')}`, 'latin1')
}
