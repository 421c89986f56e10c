import { machine, release, type } from 'node:os'
import { nodeTooOld } from '../node-version.ts'
import { type Check, fail, ok, warn } from './check.ts'

/** The Node this runs on. An older one would not have come so far. */
export function checkNode(): Check {
  const { node } = process.versions
  const reason = nodeTooOld(node)
  return reason === undefined ? ok('node', node) : fail('node', node, reason)
}

/** Kernels from which on something that mounting uses is there. */
const NEWER: readonly (readonly [version: string, what: string])[] = [
  ['6.1', 'mounting is tried with 6.1 and newer'],
  ['6.5', 'from 6.5 on the directory of objects does not show in a mount'],
  ['6.6', 'from 6.6 on overlayfs checks fs-verity digests'],
  ['6.12', 'from 6.12 on images are mounted without a loop device'],
]

/** By its version alone; whether mounting works is tried by other checks. */
export function checkKernel(system: string = type(), version: string = release()): Check {
  const detail = `${system} ${version} ${machine()}`
  if (system !== 'Linux') return fail('kernel', detail, 'composefs images are mounted by Linux')
  const missing = NEWER.filter(([first]) => isOlder(version, first)).map(([, what]) => what)
  if (missing.length === 0) return ok('kernel', detail)
  return warn('kernel', detail, missing.join('; '))
}

function isOlder(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(part => Number.parseInt(part, 10))
  const [wantedMajor = 0, wantedMinor = 0] = than.split('.').map(Number)
  return major < wantedMajor || (major === wantedMajor && minor < wantedMinor)
}
