import { statSync } from 'node:fs'
import { isOciError, parseImageReference, parsePlatform, repairRepository } from '@composefs/oci'
import type { Repository } from '@composefs/repository'
import type { Args } from '../command.ts'
import type { Context } from '../context.ts'
import { CliError } from '../errors/cli-error.ts'
import { type ItemsProgress, itemsProgress } from '../output/items-progress.ts'
import { type Listeners, withProgress } from '../output/progress.ts'
import type { Result } from '../output/result.ts'
import { openDigester } from '../repository/digester.ts'
import { openChosen, openOther } from '../repository/open.ts'
import { findEffects } from './finding-effects.ts'
import type { fsck } from './fsck.ts'
import { sourceSettings } from './network-settings.ts'
import { temporaryDirectory } from './oci/temporary-directory.ts'
import { repairDocument, repairFailure, repairLines } from './repair-report.ts'

/** `fsck --repair`. */
export async function repair(args: Args<typeof fsck>, context: Context): Promise<Result> {
  // It may ask for a password: before anything else is on the terminal, and before others are kept out.
  const settings = await sourceSettings(args, context)
  await using repository = await openChosen(context, { mode: 'write', lock: 'exclusive' })
  const from: (string | Repository)[] = []
  try {
    for (const text of args.from) from.push(await openFrom(text, repository, context))
    return await repairFrom(from, { args, repository, settings, context })
  } finally {
    for (const source of from) if (typeof source !== 'string') await source.close()
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
    await using digester = openDigester(context)
    const report = await repairRepository(repository, {
      from: from.length === 0 ? undefined : from,
      content: args.content,
      platform,
      jobs: context.globals.jobs,
      digester,
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

/** A reference as it is, or the repository of that path. */
async function openFrom(
  text: string,
  repository: Repository,
  context: Context,
): Promise<string | Repository> {
  if (isReference(text)) return text
  const [here, there] = [repository.path, text].map(path =>
    statSync(path, { throwIfNoEntry: false }),
  )
  if (there !== undefined && here?.ino === there.ino && here.dev === there.dev) {
    // It would wait for itself.
    throw new CliError('usage', `--from ${text} is the repository that is to be repaired`)
  }
  return await openOther(context, text, '--from')
}

function isReference(text: string): boolean {
  try {
    parseImageReference(text, path => statSync(path, { throwIfNoEntry: false }) !== undefined)
    return true
  } catch (error) {
    if (isOciError(error, 'ERR_OCI_UNKNOWN_TRANSPORT')) return false
    throw error
  }
}
