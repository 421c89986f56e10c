import { readFileSync } from 'node:fs'
import { arch, cpus, release, totalmem } from 'node:os'
import { resolve } from 'node:path'
import type { Place } from './rows/row.ts'
import type { Toolbox } from './tools.ts'
import type { Workspace } from './workspace.ts'

/** Where something was measured, without names of machines and paths. */
export interface Environment {
  /** `2026-01-31`. */
  readonly date: string
  readonly kernel: string
  readonly architecture: string
  readonly processor: string
  readonly processors: number
  /** GiB. */
  readonly memory: number
  readonly fileSystems: Readonly<Record<Place, string>>
  readonly versions: Toolbox['versions']
  /** Made from a seed, or that of BENCH_ROOTFS. */
  readonly rootFileSystem: 'synthetic' | 'given'
}

export function describeEnvironment(
  tools: Toolbox,
  workspace: Workspace,
  rootTar: string | undefined,
): Environment {
  const processors = cpus()
  return {
    date: new Date().toISOString().slice(0, 10),
    kernel: release(),
    architecture: arch(),
    processor: processors[0]?.model.trim() ?? 'unknown',
    processors: processors.length,
    memory: Math.round(totalmem() / 2 ** 30),
    fileSystems: {
      tmpfs: fileSystemOf(workspace.parent('tmpfs')),
      disk: fileSystemOf(workspace.parent('disk')),
    },
    versions: tools.versions,
    rootFileSystem: rootTar === undefined ? 'synthetic' : 'given',
  }
}

/** The type of the file system that a path lies on. */
function fileSystemOf(path: string): string {
  const absolute = resolve(path)
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map(line => line.split(' '))
    .map(([, mountPoint = '', type = '']) => ({ mountPoint, type }))
    .filter(
      ({ mountPoint }) =>
        absolute === mountPoint ||
        absolute.startsWith(mountPoint.endsWith('/') ? mountPoint : `${mountPoint}/`),
    )
  return mounts.toSorted((a, b) => b.mountPoint.length - a.mountPoint.length)[0]?.type ?? 'unknown'
}
