// The report, which has its page in it.
export * as report from '../commands/report-run.ts'
