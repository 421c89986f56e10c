import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isOciError, NewFile } from '@composefs/oci'
import {
  type Report,
  type ReportOptions,
  reportDocument,
  reportImage,
  reportPage,
  reportRepository,
} from '@composefs/report'
import type { Repository } from '@composefs/repository'
import type { Args } from '../command.ts'
import type { Context } from '../context.ts'
import { CliError } from '../errors/cli-error.ts'
import type { Json, Result } from '../output/result.ts'
import { openChosen, openOther } from '../repository/open.ts'
import type { report } from './report.ts'

type ReportArgs = Args<typeof report>

export async function run(args: ReportArgs, context: Context): Promise<Result> {
  const { html } = args
  if (html === undefined && !context.globals.json) {
    throw new CliError('usage', 'a report needs --html FILE, or --json', {
      hints: ['cfsctl report --html report.html reports the whole repository'],
    })
  }
  if (html === undefined) return documentOf(await makeReport(args, context), null)
  // Before any work: nobody waits for a report only to learn that the file is there.
  const file = await NewFile.create(html, { force: args.force })
  try {
    const made = await makeReport(args, context)
    await file.file.writeFile(reportPage(made, { made: new Date() }))
    await file.publish()
    return documentOf(made, html)
  } finally {
    await file.close()
  }
}

async function makeReport({ subject }: ReportArgs, context: Context): Promise<Report> {
  const { console, signal } = context
  const options: ReportOptions = { signal }
  const report = await withSubject(subject, context, async (repository, image) => {
    if (image === undefined) return await reportRepository(repository, options)
    return await reportNamed(repository, image, options)
  })
  for (const { name, reason } of report.problems) console.warning(`${name}: ${reason}`)
  return report
}

/** Opens what the subject says: a path is a repository, anything else an image of the chosen one. */
async function withSubject(
  subject: string | undefined,
  context: Context,
  work: (repository: Repository, image: string | undefined) => Promise<Report>,
): Promise<Report> {
  const isPath = subject !== undefined && isRepositoryPath(subject)
  await using repository = isPath
    ? await openOther(context, subject, 'the subject of the report')
    : await openChosen(context)
  return await work(repository, isPath ? undefined : subject)
}

/** Tags and names of images may have slashes too, so it counts what is there. */
function isRepositoryPath(subject: string): boolean {
  if (/^(?:\/|\.{1,2}(?:\/|$))/.test(subject)) return true
  return subject.includes('/') && existsSync(join(subject, 'meta.json'))
}

/** An OCI image of that name, or else an EROFS image. */
async function reportNamed(
  repository: Repository,
  name: string,
  options: ReportOptions,
): Promise<Report> {
  try {
    return await reportImage(repository, { oci: name }, options)
  } catch (error) {
    if (!isOciError(error) || !NOT_OCI.has(error.code) || !isErofsImage(repository, name)) {
      throw error
    }
    return await reportImage(repository, { erofs: name }, options)
  }
}

/** What OCI says of the names and ids of EROFS images. */
const NOT_OCI: ReadonlySet<string> = new Set([
  'ERR_OCI_NO_SUCH_IMAGE',
  'ERR_OCI_BAD_DIGEST',
  'ERR_OCI_UNSUPPORTED_DIGEST',
])

function isErofsImage(repository: Repository, name: string): boolean {
  try {
    repository.images.resolve(name)
    return true
  } catch {
    return false
  }
}

function documentOf(report: Report, html: string | null): Result {
  const [image] = report.images
  const lines = [
    `html: ${html}`,
    `images: ${report.images.length}`,
    `objects: ${report.objects.objects}`,
    `object_bytes: ${report.objects.bytes}`,
    ...(report.subject.kind === 'image' && image !== undefined ? [`bytes: ${image.bytes}`] : []),
    `hidden_bytes: ${report.hidden.bytes}`,
    `repeated_bytes: ${report.duplicates.repeatedBytes}`,
  ]
  const { schema, ...document } = reportDocument(report)
  return { lines, json: { schema: schema as Json, html, ...document } }
}
