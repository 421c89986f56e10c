import { isOciError, linkedImages, listTags } from '@composefs/oci'
import { measureRoots, type Repository } from '@composefs/repository'
import { ReportCollector } from './collect-report.ts'
import { openReportable, type ReadOptions, readErofsImage, readOciImage } from './read-image.ts'
import type { ObjectSum, Report, StoredObjects } from './report.ts'
import type { ReportOptions } from './report-image.ts'

/**
 * Reports what is in a whole repository: the images that have a name, what they share, and what else is stored. Images
 * that cannot be read are told of in the report, and the others reported.
 *
 * @example
 * const report = await reportRepository(repository)
 * for (const { names, sharing } of report.images) console.log(names, sharing.uniqueBytes)
 */
export async function reportRepository(
  repository: Repository,
  options: ReportOptions = {},
): Promise<Report> {
  const { algorithm } = repository
  const collector = new ReportCollector(algorithm, {
    counts: 'object',
    ...(options.rows === undefined ? {} : { rows: options.rows }),
  })
  const reading = { ...options, collector }
  const linked = await readTagged(repository, reading)
  await readNamed(repository, linked, reading)
  options.onStep?.('what is stored')
  const { live, unreferenced } = await measureRoots(repository, {
    signal: options.signal,
    onBroken: ({ path, reason }) => collector.addProblem({ name: path, reason }),
  })
  const subject = {
    kind: 'repository',
    name: repository.path,
    repository: repository.path,
    algorithm: algorithm.name,
  } as const
  return collector.finish(subject, shown => storedObjects(shown, live, unreferenced))
}

/** Reads the images that have tags, and returns the ids of the EROFS images that belong to them. */
async function readTagged(repository: Repository, reading: ReadOptions): Promise<Set<string>> {
  const linked = new Set<string>()
  const tags = new Map<string, string[]>()
  const onBroken = (name: string, error: unknown) =>
    reading.collector.addProblem(problem(name, error))
  for (const { name, manifest } of listTags(repository, onBroken)) {
    tags.set(manifest, [...(tags.get(manifest) ?? []), name])
  }
  for (const [digest, names] of tags) {
    await unlessBroken(names[0] ?? digest, reading, async () => {
      const image = await openReportable(repository, { kind: 'manifest', digest })
      for (const { digest } of linkedImages(image.config.images)) linked.add(digest.hex)
      await readOciImage(repository, { ...image, names }, reading)
    })
  }
  return linked
}

/** Reads the EROFS images that have a name and belong to no tagged image. */
async function readNamed(
  repository: Repository,
  linked: ReadonlySet<string>,
  reading: ReadOptions,
): Promise<void> {
  const refs = new Map<string, string[]>()
  for (const { name } of repository.images.refs()) {
    await unlessBroken(name, reading, () => {
      const { hex } = repository.images.resolve(`refs/${name}`).digest
      if (!linked.has(hex)) refs.set(hex, [...(refs.get(hex) ?? []), name])
    })
  }
  for (const [id, names] of refs) {
    await unlessBroken(names[0] ?? id, reading, () => {
      readErofsImage(repository, { names, id }, reading)
    })
  }
}

async function unlessBroken(
  name: string,
  { collector, signal }: ReadOptions,
  read: () => Promise<void> | void,
): Promise<void> {
  try {
    await read()
  } catch (error) {
    signal?.throwIfAborted()
    // Artifacts have tags too, and no files.
    if (isOciError(error, 'ERR_OCI_NOT_AN_IMAGE')) return
    collector.addProblem(problem(name, error))
  }
}

function problem(name: string, error: unknown): { name: string; reason: string } {
  return { name, reason: error instanceof Error ? error.message : String(error) }
}

/** Objects that files of images need and that are not there are in no part. */
function storedObjects(shown: ObjectSum, live: ObjectSum, unreferenced: ObjectSum): StoredObjects {
  const there = {
    objects: Math.min(shown.objects, live.objects),
    bytes: Math.min(shown.bytes, live.bytes),
  }
  return {
    shown: there,
    other: { objects: live.objects - there.objects, bytes: live.bytes - there.bytes },
    unreferenced: { objects: unreferenced.objects, bytes: unreferenced.bytes },
  }
}
