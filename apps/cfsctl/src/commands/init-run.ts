import { algorithmByName, formatAlgorithm, parseAlgorithm, SHA512 } from '@composefs/fsverity'
import {
  countRepository,
  erofsFormatsOf,
  type InitResult,
  initRepository,
} from '@composefs/repository'
import type { Args } from '../command.ts'
import { confirm } from '../confirm.ts'
import type { Context } from '../context.ts'
import { CliError } from '../errors/cli-error.ts'
import type { Result } from '../output/result.ts'
import { chooseRepository } from '../repository/choose.ts'
import { announceWait } from '../repository/open.ts'
import { system } from '../repository/platform.ts'
import type { init } from './init.ts'

export async function run(args: Args<typeof init>, context: Context): Promise<Result> {
  const { globals, signal } = context
  const path = args.path ?? chooseRepository(context).path
  if (args['reset-metadata']) await confirmReset(path, context)
  const wanted = wantedAlgorithm(args, context)
  // With --ensure any algorithm will do unless one is asked for.
  const algorithm = wanted ?? (args.ensure && !args['reset-metadata'] ? undefined : SHA512)
  const erofsVersion = (args['erofs-version'] ?? globals['erofs-version'] ?? 1) as 0 | 1 | 2
  const timeout = globals['lock-timeout']
  const result = await initRepository(path, {
    system,
    ...(algorithm === undefined ? {} : { algorithm }),
    ...(timeout === undefined ? {} : { lockTimeoutSeconds: timeout }),
    erofsVersion,
    insecure: args.insecure || globals.insecure,
    ensure: args.ensure,
    resetMetadata: args['reset-metadata'],
    onWait: announceWait(context),
    signal,
  })
  return { lines: lines(path, result), json: document(path, result) }
}

function wantedAlgorithm(args: Args<typeof init>, { globals }: Context) {
  if (args.algorithm !== undefined) return parseAlgorithm(args.algorithm)
  return globals.hash === undefined ? undefined : algorithmByName(globals.hash)
}

function lines(path: string, { status, metadata, secure }: InitResult): string[] {
  switch (status) {
    case 'created':
      return [
        `Initialized composefs repository at ${path}`,
        `  algorithm: ${formatAlgorithm(metadata.algorithm)}`,
        `  verity:    ${secure ? 'required' : 'not required (insecure)'}`,
      ]
    case 'already':
      return [`Repository already initialized at ${path}`]
    case 'opened':
      return [`Repository already initialized at ${path} (existing configuration preserved)`]
    case 'upgraded':
      return [`Upgraded legacy repository at ${path}`]
  }
}

function document(path: string, { status, metadata, secure }: InitResult) {
  const formats = erofsFormatsOf(metadata)
  return {
    schema: 'cfsctl.init/1',
    path,
    status: status === 'already' ? 'opened' : status,
    algorithm: formatAlgorithm(metadata.algorithm),
    erofs_default: formats.default,
    erofs_extra: formats.extra,
    secure,
  }
}

async function confirmReset(path: string, context: Context): Promise<void> {
  const { streams, streamRefs, images, imageRefs } = countRepository(path)
  if (streams + streamRefs + images + imageRefs === 0) return
  const what = `${streams} streams, ${images} images and ${streamRefs + imageRefs} names in ${path}`
  if (!(await confirm(context, `Remove ${what}?`))) {
    throw new CliError('interrupted', 'nothing was changed')
  }
}
