import { encodeUtf8 } from '@composefs/bytes'
import { type FileTree, type Inode, ROOT } from '@composefs/tree'
import { OciError } from '../../errors.ts'

/** Access to the files of an SELinux policy below the root of a file system. */
export interface PolicyFiles {
  /**
   * The bytes of a regular file, undefined when there is none.
   *
   * @param path from the root, without a slash before it, such as `etc/selinux/config`
   */
  read(path: string): Uint8Array | undefined
}

/** Largest policy file in bytes; the largest in use have a tenth of it. */
export const POLICY_FILE_MAX = 4 << 20

/** The policy files of a tree. `readFile` gives the content of a file that is not inline. */
export function treePolicyFiles(
  tree: FileTree,
  readFile: (inode: Inode) => Uint8Array | undefined,
): PolicyFiles {
  return {
    read(path) {
      const inode = find(tree, path)
      if (inode === undefined) return undefined
      if (tree.kind(inode) !== 'regular') throw notRegular(path)
      if (tree.size(inode) > POLICY_FILE_MAX) throw tooLarge(path)
      const content = tree.content(inode)
      return content.kind === 'inline' ? content.data : readFile(inode)
    },
  }
}

/** What a path leads to. Links are not followed: a policy that is looked for through one is an error, as in cfsctl. */
function find(tree: FileTree, path: string): Inode | undefined {
  const names = path.split('/')
  let inode: Inode = ROOT
  for (const [depth, name] of names.entries()) {
    if (!tree.isDirectory(inode)) throw notDirectory(names.slice(0, depth).join('/'))
    const found = tree.lookup(inode, encodeUtf8(name))
    if (found === undefined) return undefined
    inode = found
  }
  return inode
}

/** The error for a file that is larger than any policy. */
export function tooLarge(path: string): OciError {
  return new OciError(
    'ERR_OCI_POLICY_TOO_COMPLEX',
    `/${path}: a policy file of more than ${POLICY_FILE_MAX} bytes`,
    { path: `/${path}`, expected: `at most ${POLICY_FILE_MAX} bytes` },
  )
}

function notRegular(path: string): OciError {
  return new OciError('ERR_OCI_POLICY_MISSING_FILE', `/${path} is no regular file`, {
    path: `/${path}`,
  })
}

function notDirectory(path: string): OciError {
  return new OciError('ERR_OCI_POLICY_MISSING_FILE', `/${path} is no directory`, {
    path: `/${path}`,
  })
}
