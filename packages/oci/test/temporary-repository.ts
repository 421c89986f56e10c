import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ErofsVersion } from '@composefs/erofs'
import { type Algorithm, SHA256 } from '@composefs/fsverity'
import { linuxSystem } from '@composefs/linux'
import {
  initRepository,
  type OpenOptions,
  openRepository,
  type Repository,
  type System,
} from '@composefs/repository'
import { onTestFinished } from 'vitest'

/** What a repository for a test is like. */
export interface TemporaryRepositoryOptions extends Omit<OpenOptions, 'system'> {
  readonly algorithm?: Algorithm
  /** The default format and those beside it. */
  readonly versions?: readonly [ErofsVersion, ...ErofsVersion[]]
  readonly system?: System
}

/** A fresh repository without fs-verity, which goes with the test. */
export async function temporaryRepository(
  options: TemporaryRepositoryOptions = {},
): Promise<Repository> {
  const { algorithm = SHA256, versions = [1], system = linuxSystem, ...open } = options
  const directory = mkdtempSync(join(tmpdir(), 'composefs-oci-repository-'))
  const path = join(directory, 'repository')
  const [erofsVersion, ...extraErofsVersions] = versions
  await initRepository(path, {
    system,
    algorithm,
    erofsVersion,
    extraErofsVersions,
    insecure: true,
  })
  const repository = await openRepository(path, { system, ...open })
  onTestFinished(async () => {
    await repository.close()
    rmSync(directory, { recursive: true, force: true })
  })
  return repository
}
