import { NewFile } from '@composefs/oci'
import { type Report, reportDocument, reportPage } from '@composefs/report'
import type { Args } from '../command.ts'
import type { Context } from '../context.ts'
import { CliError } from '../errors/cli-error.ts'
import type { Json, Result } from '../output/result.ts'
import { shellWord } from '../output/shell-word.ts'
import type { report } from './report.ts'
import { reportSubject } from './report-subject.ts'

type ReportArgs = Args<typeof report>

export async function run(args: ReportArgs, context: Context): Promise<Result> {
  const { html } = args
  if (html === undefined && !context.globals.json) {
    throw new CliError('usage', 'a report needs --html FILE, or --json', {
      hints: [htmlHint(args.subject)],
    })
  }
  if (html === '-') {
    throw new CliError('usage', 'the page goes to a file, not to standard output', {
      hints: ['--html ./- names a file of that name; --json prints the same as data'],
    })
  }
  if (html === undefined) return documentOf(await makeReport(args, context), null)
  // Before any work: nobody waits for a report only to learn that the file is there.
  const file = await NewFile.create(html, { force: args.force })
  try {
    const made = await makeReport(args, context)
    await file.write(reportPage(made, { made: new Date() }))
    await file.publish()
    return documentOf(made, html)
  } finally {
    await file.close()
  }
}

function htmlHint(subject: string | undefined): string {
  if (subject === undefined) return 'cfsctl report --html report.html reports the whole repository'
  return `cfsctl report ${shellWord(subject)} --html report.html writes the page`
}

async function makeReport({ subject }: ReportArgs, context: Context): Promise<Report> {
  const report = await reportSubject(subject, context)
  for (const { name, reason } of report.problems) context.console.warning(`${name}: ${reason}`)
  return report
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
