import {
  type CollectResult,
  collectGarbage,
  countRepository,
  isRepositoryError,
  measureRoots,
  type Repository,
} from '@composefs/repository'
import type { Args } from '../command.ts'
import { confirm } from '../confirm.ts'
import type { Context } from '../context.ts'
import { itemsProgress } from '../output/items-progress.ts'
import { withProgress } from '../output/progress.ts'
import type { Result } from '../output/result.ts'
import { announceWait, openChosen } from '../repository/open.ts'
import type { gc } from './gc.ts'
import { explainWhy } from './gc-why.ts'
import { extentDocuments, extentLines } from './root-extents.ts'

type GcArgs = Args<typeof gc>

export async function run(args: GcArgs, context: Context): Promise<Result> {
  const { why } = args
  const isReading = args['dry-run'] || why !== undefined
  await using repository = await openChosen(context, { mode: isReading ? 'read' : 'write' })
  if (why !== undefined) return await explainWhy(repository, why, { roots: args.root, context })
  if (!hasRoots(repository, args.root)) {
    const { objects } = countRepository(repository.path)
    if (objects > 0) {
      context.console.warning(`no name keeps anything: all ${objects} objects are garbage`)
    }
    const isFine = objects === 0 || args['dry-run'] || (await confirm(context, 'Remove them?'))
    if (!isFine) return { lines: ['Nothing has been removed'] }
  }
  return await collect(repository, args, context)
}

async function collect(repository: Repository, args: GcArgs, context: Context): Promise<Result> {
  const { console, globals } = context
  const { explain, root: roots } = args
  return await withProgress(context, 'gc', async ({ signal, ...listeners }) => {
    const result = await collectGarbage(repository, {
      dryRun: args['dry-run'],
      roots,
      ignoreBroken: args['ignore-broken'],
      countKept: globals.json,
      lockTimeoutSeconds: globals['lock-timeout'],
      onWait: announceWait(context),
      signal,
      ...itemsProgress(listeners),
    })
    for (const path of result.ignored) console.warning(`${path} is broken, and was left out`)
    for (const name of result.unusedIgnores) console.notice(`nothing broken is called ${name}`)
    const { roots: extents } = explain
      ? await measureRoots(repository, { roots, signal })
      : { roots: [] }
    return {
      lines: [...collectLines(result), ...(explain ? extentLines(extents, globals.format) : [])],
      json: {
        ...collectDocument(result),
        ...(explain ? { by_root: extentDocuments(extents) } : {}),
      },
    }
  })
}

/** The words of cfsctl 0.9.4, and a line for what it leaves lying about. */
function collectLines(result: CollectResult): string[] {
  const { bytesRemoved, dryRun, imagesPruned, objectsRemoved, refsPruned, streamsPruned } = result
  const lines = dryRun ? ['Dry run (no files deleted):'] : []
  lines.push(`Objects: ${objectsRemoved} removed (${bytesRemoved} bytes)`)
  if (imagesPruned + streamsPruned > 0) {
    lines.push(`Pruned symlinks: ${imagesPruned} images, ${streamsPruned} streams`)
  }
  if (refsPruned > 0) lines.push(`Broken names: ${refsPruned} removed`)
  if (result.temporariesRemoved > 0) {
    lines.push(`Temporary files: ${result.temporariesRemoved} removed`)
  }
  return lines
}

function collectDocument(result: CollectResult) {
  return {
    schema: 'cfsctl.gc/1',
    dry_run: result.dryRun,
    objects_removed: result.objectsRemoved,
    objects_bytes: result.bytesRemoved,
    images_pruned: result.imagesPruned,
    streams_pruned: result.streamsPruned,
    refs_pruned: result.refsPruned,
    temporaries_removed: result.temporariesRemoved,
    roots: result.rootCount,
    objects_kept: result.objectsKept,
    bytes_kept: result.bytesKept,
    ignored: result.ignored,
  }
}

/** Whether anything keeps something; a name that is broken counts, as it stops the collection. */
function hasRoots({ images, streams }: Repository, extra: readonly string[]): boolean {
  try {
    for (const { kind } of images.refEntries()) if (kind !== 'directory') return true
    for (const { kind } of streams.refEntries()) if (kind !== 'directory') return true
    if (extra.length === 0) return false
    for (const { hex } of images.list()) if (extra.includes(hex)) return true
    for (const id of streams.ids()) if (extra.includes(id)) return true
    return false
  } catch (error) {
    // The collection tells of it, and what helps.
    if (isRepositoryError(error)) return true
    throw error
  }
}
