import type { Repository } from '@composefs/repository'
import type { FileTree } from '@composefs/tree'
import type { BootTransformOptions } from './boot-transform.ts'
import { POLICY_FILE_MAX } from './selinux/policy-files.ts'

/** For the boot transform: the files of a tree whose objects are in a repository. */
export function repositoryFiles(
  repository: Pick<Repository, 'objects'>,
  tree: FileTree,
): Pick<BootTransformOptions, 'readFile'> {
  return {
    readFile(inode) {
      const content = tree.content(inode)
      if (content.kind !== 'external') return undefined
      return repository.objects.read(content.digest, { maxSize: POLICY_FILE_MAX })
    },
  }
}
