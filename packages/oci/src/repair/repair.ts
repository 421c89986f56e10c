import {
  checkRepository,
  dropBrokenLinks,
  type MendedEntry,
  mendEntries,
  missingObjects,
  type Repository,
  takeObjects,
} from '@composefs/repository'
import { checkOci } from '../check/check-oci.ts'
import type { OciCheckReport } from '../check/finding.ts'
import { StreamCache } from '../check/stream-cache.ts'
import { manifestDigestOfStream } from '../store/stream-names.ts'
import { listTags } from '../store/tags.ts'
import { repairImage } from './repair-image.ts'
import { RepairLog } from './repair-log.ts'
import type { RepairOptions, RepairReport } from './repair-options.ts'
import { RepairSources } from './repair-sources.ts'

/**
 * Checks a repository and brings what is wrong in order again.
 *
 * Bad entries are put aside in `quarantine/`, and objects whose content is right get the fs-verity they lack. Then what
 * is missing is stored again: single objects that another repository of the same algorithm has; the layers that lack
 * something, and no others, from whatever has them; configs and manifests; EROFS images, which are made of the layers
 * and have to have the id they had. What still leads nowhere and is reached by no ref loses its name, as in a garbage
 * collection. Everything that comes from outside is compared with its digest.
 *
 * The repository is open under the exclusive lock.
 *
 * @throws TypeError without the exclusive lock; RepositoryError ERR_REPOSITORY_READ_ONLY and others that keep it from
 * being written, _BAD_DIRECTORY where names cannot be read; what is wrong with sources is part of the report
 *
 * @example
 * await using repository = await openRepository('/srv/composefs', { system, lock: 'exclusive', mode: 'write' })
 * const { ok, layers } = await repairRepository(repository, { from: ['oci:/srv/layout:latest'] })
 */
export async function repairRepository(
  repository: Repository,
  options: RepairOptions = {},
): Promise<RepairReport> {
  const started = performance.now()
  repository.assertWritable()
  // Where names cannot be read, nothing is touched.
  rootManifests(repository)
  const log = new RepairLog()
  const { before, entries } = await mend(repository, options)
  const taken = before.ok ? { objects: 0, bytes: 0 } : await takeFromAll(repository, options, log)
  let linksRemoved: readonly string[] = []
  if (!before.ok) {
    await repairImages(repository, options, log)
    linksRemoved = await dropUseless(repository, options.signal)
  }
  if (repository.hasUnsynced) repository.sync()
  const after = before.ok ? before : await check(repository, options)
  return {
    ok: after.ok && !entries.some(({ action }) => action === 'failed'),
    before,
    after,
    entries,
    objectsTaken: taken.objects,
    bytesTaken: taken.bytes,
    ...log.done,
    linksRemoved,
    durationMs: Math.round(performance.now() - started),
  }
}

/** Checks everything and deals with what is wrong by itself, until all of that has been listed. */
async function mend(
  repository: Repository,
  options: RepairOptions,
): Promise<{ readonly before: OciCheckReport; readonly entries: readonly MendedEntry[] }> {
  const { signal } = options
  const before = await check(repository, options)
  const entries = await mendEntries(repository, before.repository.findings, { signal })
  let report = before
  // Only where more is wrong than a report lists.
  while (report.repository.findingsOmitted > 0) {
    report = await check(repository, options)
    const more = await mendEntries(repository, report.repository.findings, { signal })
    entries.push(...more)
    if (!more.some(({ action }) => action !== 'failed')) break
  }
  return { before, entries }
}

async function check(
  repository: Repository,
  { content, onChecked, signal }: RepairOptions,
): Promise<OciCheckReport> {
  return await checkOci(repository, {
    content,
    signal,
    ...(onChecked === undefined ? {} : { onProgress: onChecked }),
  })
}

/** Takes single objects from the repositories among the sources that have the same algorithm. */
async function takeFromAll(
  repository: Repository,
  { from: sources = [], signal }: RepairOptions,
  log: RepairLog,
): Promise<{ readonly objects: number; readonly bytes: number }> {
  let objects = 0
  let bytes = 0
  for (const from of sources) {
    if (typeof from === 'string' || from.algorithm !== repository.algorithm) continue
    for (;;) {
      // Behind a stream that was missing there may be more that is missing.
      const { findings } = await checkRepository(repository, { metadataOnly: true, signal })
      const ids = missingObjects(repository, findings)
      const taken = await takeObjects(repository, from, { ids, signal })
      objects += taken.objects
      bytes += taken.bytes
      for (const { hex } of taken.bad) {
        log.failure({ name: hex, from: from.path, reason: 'the object is not good there either' })
      }
      if (taken.objects === 0) break
    }
  }
  return { objects, bytes }
}

/** Repairs every image that a ref leads to. */
async function repairImages(
  repository: Repository,
  options: RepairOptions,
  log: RepairLog,
): Promise<void> {
  const { signal } = options
  const streams = new StreamCache(repository, { signal, isMended: true })
  await using sources = new RepairSources(options, (name, reason) =>
    log.failure({ name, from: name, reason }),
  )
  for (const [digest, tags] of rootManifests(repository)) {
    signal?.throwIfAborted()
    const name = tags[0] ?? digest
    await repairImage({
      repository,
      streams,
      log,
      options,
      name,
      digest,
      sources: () => sources.of(tags),
    })
  }
}

/** The manifests that refs lead to, and the tags of each. */
function rootManifests(repository: Repository): ReadonlyMap<string, readonly string[]> {
  const manifests = new Map<string, string[]>()
  for (const { name, manifest } of listTags(repository)) {
    manifests.set(manifest, [...(manifests.get(manifest) ?? []), name])
  }
  for (const { target } of repository.streams.refs(undefined, () => {})) {
    const manifest = manifestDigestOfStream(target)
    if (manifest !== undefined && !manifests.has(manifest)) manifests.set(manifest, [])
  }
  return manifests
}

async function dropUseless(
  repository: Repository,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const { findings } = await checkRepository(repository, { metadataOnly: true, signal })
  return await dropBrokenLinks(repository, findings, { signal })
}
