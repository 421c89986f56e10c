import { type BusyError, unmountComposefs } from '@composefs/linux'
import type { Args } from '../command.ts'
import type { Context } from '../context.ts'
import { CliError } from '../errors/cli-error.ts'
import type { Result } from '../output/result.ts'
import { shellWord } from '../output/shell-word.ts'
import type { umount } from './umount.ts'

export async function run(args: Args<typeof umount>, _context: Context): Promise<Result> {
  const { mountpoint, lazy, force } = args
  try {
    unmountComposefs(mountpoint, { lazy, force })
  } catch (error) {
    throw busyMount(mountpoint, error) ?? error
  }
  return { json: { schema: 'cfsctl.umount/1', mountpoint, lazy } }
}

/** The error for a mount that is in use, with those who use it. */
function busyMount(mountpoint: string, error: unknown): CliError | undefined {
  const { code, holders = [], submounts = [] } = error as Partial<BusyError>
  if (code !== 'EBUSY') return undefined
  return new CliError('busy', `${mountpoint} is in use`, {
    hints: [
      ...holders.map(({ pid, command, use }) => `process ${pid} (${command}) uses it: ${use}`),
      ...submounts.map(submount => `${submount} is mounted below it`),
      `cfsctl umount --lazy ${shellWord(mountpoint)} detaches it now`,
    ],
    context: { mountpoint },
  })
}
