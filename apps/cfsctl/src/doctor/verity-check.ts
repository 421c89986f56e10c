import { closeSync, existsSync, openSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type Algorithm, SHA512 } from '@composefs/fsverity'
import { isMarkedVerity, measureVerity } from '@composefs/linux'
import { probeVerity } from '@composefs/linux/probe'
import { readAlgorithm } from '@composefs/repository'
import { messageOf } from '../errors/message.ts'
import { type Check, fail, ok, warn } from './check.ts'

const ID = 'fs-verity'

const HINT =
  'on ext4 as root: tune2fs -O verity DEVICE; btrfs and f2fs have it. The kernel needs CONFIG_FS_VERITY, too. cfsctl init --insecure does without'

/** The check, and whether the repository is one with fs-verity. */
export interface VerityFinding {
  readonly check: Check
  readonly isSecure: boolean
}

/**
 * Whether the repository has fs-verity and the kernel can tell its digests; where there is no repository yet, whether
 * one that is made there would have it.
 *
 * @param path undefined when there is no place for one
 * @param asked the hash that new files are tried with
 */
export function checkVerity(path: string | undefined, asked: Algorithm = SHA512): VerityFinding {
  if (path === undefined) {
    return {
      check: warn(ID, 'not tried: no repository is chosen', 'name one by --repo PATH'),
      isSecure: false,
    }
  }
  try {
    const algorithm = readAlgorithm(path)
    if (algorithm !== undefined) return checkRepository(path, algorithm)
    return { check: checkDirectory(nearestDirectory(path), asked), isSecure: false }
  } catch (error) {
    return { check: warn(ID, `not tried: ${messageOf(error)}`), isSecure: false }
  }
}

function checkRepository(path: string, algorithm: Algorithm): VerityFinding {
  const file = openSync(join(path, 'meta.json'), 'r')
  try {
    const isSecure = isMarkedVerity(file)
    const { state } = measureVerity(file, algorithm)
    const where = `the repository at ${path}`
    if (state === 'enabled') return { check: ok(ID, `${where} has it`), isSecure }
    if (isSecure) {
      const detail = `${where} has it, but this kernel cannot check it`
      const hint = 'the kernel needs CONFIG_FS_VERITY and the hash of the repository'
      return { check: fail(ID, detail, hint), isSecure }
    }
    const reason = state === 'unsupported' ? ', nor does its file system' : ''
    const hint = state === 'unsupported' ? HINT : 'a repository made without --insecure has it'
    return { check: warn(ID, `${where} does not have it${reason}`, hint), isSecure }
  } finally {
    closeSync(file)
  }
}

function checkDirectory(directory: string, algorithm: Algorithm): Check {
  switch (probeVerity(directory, algorithm)) {
    case 'works':
      return ok(ID, `new files in ${directory} get it`)
    case 'unsupported':
      return warn(ID, `the file system of ${directory} does not have it`, HINT)
    case 'unfit':
      return warn(ID, `not with ${algorithm.name} and blocks of 4096 bytes in ${directory}`, HINT)
    case 'unknown':
      return warn(ID, `not tried: ${directory} has no files without a name`)
  }
}

/** The directory itself, or the nearest above it that is there. */
function nearestDirectory(path: string): string {
  let directory = resolve(path)
  while (!existsSync(directory)) directory = dirname(directory)
  return directory
}
