import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Whether this user can make user namespaces. */
export interface UserNamespaceTrial {
  /** Null: there is no program to try it with, and no setting forbids it. */
  readonly works: boolean | null
  /** A setting that stands in the way, as sysctl(8) takes it. */
  readonly setting?: string
  /** What the attempt said. */
  readonly message?: string
}

/** The settings that forbid it, by the value they have then. */
const SETTINGS: readonly (readonly [name: string, forbids: string, onlyOthers: boolean])[] = [
  ['user.max_user_namespaces', '0', false],
  ['kernel.unprivileged_userns_clone', '0', true],
  ['kernel.apparmor_restrict_unprivileged_userns', '1', true],
]

/** Longest that the attempt may take, in ms. */
const PATIENCE = 10_000

/**
 * Makes a user namespace that maps this user to root, in a process that ends at once: a process with several threads,
 * as Node is, cannot make one for itself.
 */
export function probeUserNamespaces(): UserNamespaceTrial {
  const setting = forbiddingSetting()
  const obstacle = setting === undefined ? {} : { setting }
  const { status, error, stderr } = spawnSync('unshare', ['--user', '--map-root-user', 'true'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    timeout: PATIENCE,
  })
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') {
    return { works: setting === undefined ? null : false, ...obstacle }
  }
  if (status === 0) return { works: true }
  return { works: false, ...obstacle, message: error?.message ?? stderr.trim() }
}

function forbiddingSetting(): string | undefined {
  const isRoot = process.getuid?.() === 0
  const found = SETTINGS.find(
    ([name, forbids, onlyOthers]) => !(onlyOthers && isRoot) && valueOfSetting(name) === forbids,
  )
  return found?.[0]
}

function valueOfSetting(setting: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${setting.replaceAll('.', '/')}`, 'utf8').trim()
  } catch {
    // Only some kernels have it.
    return undefined
  }
}
