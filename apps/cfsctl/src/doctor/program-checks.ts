import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { linuxSocketPairs } from '@composefs/linux'
import { probeFuse, probeUserNamespaces } from '@composefs/linux/probe'
import { isOciError, probeSkopeo } from '@composefs/oci'
import { messageOf } from '../errors/message.ts'
import { SKOPEO_HINTS } from '../errors/skopeo-hints.ts'
import { type Check, ok, warn } from './check.ts'

/** Longest that a program may take to tell its version, in ms. */
const PATIENCE = 10_000

/** Whether file systems in user space are possible; this release mounts by the kernel alone. */
export function checkFuse(): Check {
  const id = 'fuse'
  const trial = probeFuse()
  if (trial.outcome === 'works') return ok(id, '/dev/fuse can be opened')
  const detail = trial.outcome === 'untried' ? 'not tried' : messageOf(trial.error)
  return warn(id, detail, 'cfsctl itself does not need it yet')
}

/** The program and the version of its image proxy, for the transports that are not read directly. */
export async function checkSkopeo(
  program: string | undefined,
  signal: AbortSignal,
): Promise<Check> {
  const id = 'skopeo'
  try {
    const { version } = await probeSkopeo({ sockets: linuxSocketPairs, program }, { signal })
    return ok(id, `${await versionOf(program ?? 'skopeo')}, protocol ${version}`)
  } catch (error) {
    signal.throwIfAborted()
    const hints = isOciError(error) ? (SKOPEO_HINTS[error.code]?.({ ...error.facts }) ?? []) : []
    return warn(id, messageOf(error), hints.join('; ') || null)
  }
}

async function versionOf(program: string): Promise<string> {
  const { stdout } = await promisify(execFile)(program, ['--version'], { timeout: PATIENCE })
  return stdout.replace(/^skopeo version /, '').split(/[\s]/, 1)[0] || 'of an unknown version'
}

/** Whether this user can make user namespaces, which mounting without root will need. */
export function checkUserNamespaces(): Check {
  const id = 'user-namespaces'
  const { works, setting, message } = probeUserNamespaces()
  if (works === true) return ok(id, 'this user can make them')
  if (works === null) return warn(id, 'not tried: there is no program unshare (util-linux)')
  const reason = message || (setting === undefined ? '' : `the setting ${setting} forbids it`)
  const hint = setting === undefined ? null : `sysctl ${setting} shows the setting that forbids it`
  return warn(id, `this user cannot make them${reason === '' ? '' : `: ${reason}`}`, hint)
}
