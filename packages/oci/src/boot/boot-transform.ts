import { encodeUtf8 } from '@composefs/bytes'
import { type FileTree, type Inode, ROOT } from '@composefs/tree'
import { OciError } from '../errors.ts'
import { labelTree } from './selinux/label-tree.ts'
import { readPolicy } from './selinux/policy.ts'
import { type PolicyFiles, treePolicyFiles } from './selinux/policy-files.ts'

/** What making the boot variant of a tree needs beside the tree. */
export interface BootTransformOptions {
  /**
   * The whole content of a regular file of the tree. It is asked for the few files of the SELinux policy that are not
   * inline (those for which `isPolicyFile` is true); undefined counts as a file that is not there.
   */
  readFile(inode: Inode): Uint8Array | undefined
  /** Where the policy is read instead of from the tree. */
  readonly policyFiles?: PolicyFiles
}

/** What the boot transform found and did. */
export interface BootTransformResult {
  /** Type of the SELinux policy, such as `targeted`; undefined for a tree without one. */
  readonly policy: string | undefined
  /** Inodes that have a label now. */
  readonly labelled: number
  /** Inodes that had a label and have none now. */
  readonly stripped: number
}

/**
 * Makes a tree, after `transformTree`, into the one that is booted: /boot and /sysroot are emptied, and every file gets
 * the SELinux label of the policy that is in the tree, or none.
 *
 * Hostile policies cost bounded time and memory.
 *
 * @throws OciError ERR_OCI_BOOT_NO_DIRECTORY, ERR_OCI_POLICY_MISSING_FILE, ERR_OCI_POLICY_SYNTAX,
 *   ERR_OCI_POLICY_BAD_PATTERN, ERR_OCI_POLICY_TOO_COMPLEX; the tree is then half done
 *
 * @example
 * bootTransform(tree, { readFile: inode => readObject(tree.content(inode)) })
 */
export function bootTransform(tree: FileTree, options: BootTransformOptions): BootTransformResult {
  const usr = requireDirectory(tree, 'usr')
  for (const name of ['boot', 'sysroot']) empty(tree, requireDirectory(tree, name), usr)
  const files = options.policyFiles ?? treePolicyFiles(tree, inode => options.readFile(inode))
  const policy = readPolicy(files)
  return { policy: policy?.type, ...labelTree(tree, policy) }
}

/** Empties a directory, whose time becomes that of /usr: what was in it has left no trace. */
function empty(tree: FileTree, directory: Inode, usr: Inode): void {
  tree.clear(directory)
  tree.setMetadata(directory, {
    ...tree.metadata(directory),
    mtimeSeconds: tree.mtimeSeconds(usr),
    mtimeNanoseconds: tree.mtimeNanoseconds(usr),
  })
}

/** True for the path of a file that the boot transform may read, such as `/etc/selinux/config`. */
export function isPolicyFile(path: Uint8Array): boolean {
  return POLICY_FILE.test(Buffer.from(path).toString('latin1'))
}

const POLICY_FILE =
  /^\/?etc\/selinux\/(?:config|(?:.*\/)?contexts\/files\/file_contexts(?:\.local|\.homedirs|\.subs|\.subs_dist)?)$/s

function requireDirectory(tree: FileTree, name: string): Inode {
  const inode = tree.lookup(ROOT, encodeUtf8(name))
  if (inode !== undefined && tree.isDirectory(inode)) return inode
  const state = inode === undefined ? 'is not in the image' : 'is no directory'
  throw new OciError('ERR_OCI_BOOT_NO_DIRECTORY', `/${name} ${state}, which booting needs`, {
    path: `/${name}`,
  })
}
