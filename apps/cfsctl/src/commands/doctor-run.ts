import { algorithmByName } from '@composefs/fsverity'
import type { Args } from '../command.ts'
import type { Context } from '../context.ts'
import type { Check } from '../doctor/check.ts'
import { checkKernel, checkNode } from '../doctor/machine-checks.ts'
import { checkMounts } from '../doctor/mount-checks.ts'
import { checkFuse, checkSkopeo, checkUserNamespaces } from '../doctor/program-checks.ts'
import { checkVerity } from '../doctor/verity-check.ts'
import { CliError, isCliError } from '../errors/cli-error.ts'
import type { Result } from '../output/result.ts'
import { chooseRepository } from '../repository/choose.ts'
import type { doctor } from './doctor.ts'

export async function run(args: Args<typeof doctor>, context: Context): Promise<Result> {
  const { globals, console, signal } = context
  const asked = globals.hash === undefined ? undefined : algorithmByName(globals.hash)
  const verity = checkVerity(chosenPath(context), asked)
  const checks: readonly Check[] = [
    checkNode(),
    checkKernel(),
    ...checkMounts(verity.isSecure),
    verity.check,
    checkFuse(),
    await checkSkopeo(args.skopeo, signal),
    checkUserNamespaces(),
  ]
  if (!globals.json && !globals.quiet) {
    for (const { id, hint } of checks) if (hint !== null) console.hint(`${id}: ${hint}`)
  }
  const failed = checks.filter(({ status }) => status === 'fail').map(({ id }) => id)
  return {
    table: {
      header: ['CHECK', 'STATUS', 'DETAIL'],
      rows: checks.map(({ id, status, detail }) => [id, status, detail]),
      whenEmpty: '',
    },
    json: { schema: 'cfsctl.doctor/1', checks: checks.map(check => ({ ...check })) },
    ...(failed.length === 0 ? {} : { failure: mountingFails(failed) }),
  }
}

/** Where the repository is or would be; none without one, and where a user has no place for it. */
function chosenPath(context: Context): string | undefined {
  if (context.globals['no-repo']) return undefined
  try {
    return chooseRepository(context).path
  } catch (error) {
    if (isCliError(error) && error.code === 'repository-not-found') return undefined
    throw error
  }
}

function mountingFails(failed: readonly string[]): CliError {
  return new CliError('feature-unsupported', `mounting does not work here: ${failed.join(', ')}`, {
    context: { checks: failed.join(',') },
  })
}
