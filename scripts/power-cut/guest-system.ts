import { linuxSystem } from '../../packages/linux/src/index.ts'
import type { System } from '../../packages/repository/src/index.ts'
import type { RepositoryName, Stage } from './messages.ts'

/** How the machine's system differs from Linux. */
export interface GuestSystemOptions {
  readonly repository: RepositoryName
  readonly withoutSync: boolean
  readonly onStage: (stage: Stage) => void
}

/** Linux, telling how far an operation is by the calls that part its stages. */
export function guestSystem({ repository, withoutSync, onStage }: GuestSystemOptions): System {
  return {
    ...linuxSystem,
    // As on a file system without fs-verity: enabling it writes a file to the disk, and here only a sync is to do that.
    ...(repository === 'plain' ? withoutVerity : undefined),
    syncFileSystem: file => {
      onStage('sync')
      if (!withoutSync) linuxSystem.syncFileSystem(file)
      onStage('names')
    },
    tryLock: (file, mode) => {
      const isLocked = linuxSystem.tryLock(file, mode)
      // Only a garbage collection wants to be alone.
      if (isLocked && mode === 'exclusive') onStage('sweep')
      return isLocked
    },
  }
}

const withoutVerity: Pick<System, 'enableVerity' | 'measureVerity'> = {
  enableVerity: () => 'unsupported',
  measureVerity: () => ({ state: 'unsupported' }),
}
