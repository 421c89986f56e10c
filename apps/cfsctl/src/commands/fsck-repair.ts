import { statSync } from 'node:fs'
import { isOciError, parseImageReference, parsePlatform, repairRepository } from '@composefs/oci'
import type { Repository } from '@composefs/repository'
import type { Args } from '../command.ts'
import type { Context } from '../context.ts'
import { CliError } from '../errors/cli-error.ts'
import { type ItemsProgress, itemsProgress } from '../output/items-progress.ts'
import { type Listeners, withProgress } from '../output/progress.ts'
import type { Result } from '../output/result.ts'
import { chooseRepository } from '../repository/choose.ts'
import { openChosen, openOther } from '../repository/open.ts'
import { isSamePlace, openInOrder } from '../repository/open-in-order.ts'
import { findEffects } from './finding-effects.ts'
import type { fsck } from './fsck.ts'
import { sourceSettings } from './network-settings.ts'
import { temporaryDirectory } from './oci/temporary-directory.ts'
import { repairDocument, repairFailure, repairLines } from './repair-report.ts'

/** `fsck --repair`. */
export async function repair(args: Args<typeof fsck>, context: Context): Promise<Result> {
  // It may ask for a password: before anything else is on the terminal, and before others are kept out.
  const settings = await sourceSettings(args, context)
  const { path: own } = chooseRepository(context)
  const paths = args.from.filter(text => !isReference(text))
  const same = paths.find(path => isSamePlace(own, path))
  if (same !== undefined) {
    // It would wait for itself.
    throw new CliError('usage', `--from ${same} is the repository that is to be repaired`)
  }
  const opened = await openInOrder([
    { path: own, open: () => openChosen(context, { mode: 'write', lock: 'exclusive' }) },
    ...paths.map(path => ({ path, open: () => openOther(context, path, '--from') })),
  ])
  try {
    const [repository, ...others] = opened as [Repository, ...Repository[]]
    const from = args.from.map(text => others[paths.indexOf(text)] ?? text)
    return await repairFrom(from, { args, repository, settings, context })
  } finally {
    for (const repository of opened) await repository.close()
  }
}

async function repairFrom(
  from: readonly (string | Repository)[],
  {
    args,
    repository,
    settings,
    context,
  }: {
    readonly args: Args<typeof fsck>
    readonly repository: Repository
    readonly settings: Awaited<ReturnType<typeof sourceSettings>>
    readonly context: Context
  },
): Promise<Result> {
  const platform = args.platform === undefined ? undefined : parsePlatform(args.platform)
  return await withProgress(context, 'fsck', async listeners => {
    const report = await repairRepository(repository, {
      from: from.length === 0 ? undefined : from,
      content: args.content,
      platform,
      jobs: context.globals.jobs,
      ...settings,
      ...temporaryDirectory(context),
      onChecked: checked(listeners),
      ...listeners,
    })
    const effects = {
      before: await findEffects(repository, report.before.repository, context),
      after: await findEffects(repository, report.after.repository, context),
    }
    const failure = repairFailure(report)
    return {
      lines: repairLines(report),
      json: repairDocument(report, effects),
      ...(failure === undefined ? {} : { failure }),
    }
  })
}

/** Progress of a check; a repair has several, one after the other. */
function checked(listeners: Pick<Listeners, 'onProgress'>): ItemsProgress['onProgress'] {
  let check = itemsProgress(listeners)
  return (done, total) => {
    if (done === 0) check = itemsProgress(listeners)
    check.onProgress(done, total)
  }
}

/** True for what `oci pull` takes; anything else is the path of a repository. */
function isReference(text: string): boolean {
  try {
    parseImageReference(text, path => statSync(path, { throwIfNoEntry: false }) !== undefined)
    return true
  } catch (error) {
    if (isOciError(error, 'ERR_OCI_UNKNOWN_TRANSPORT')) return false
    throw error
  }
}
