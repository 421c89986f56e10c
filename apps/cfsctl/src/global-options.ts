import type { Option, OptionValues } from './command.ts'

/** The options of every command. */
export const globalOptions = [
  {
    name: 'repo',
    value: { kind: 'path', label: 'PATH' },
    completes: 'directory',
    env: ['CFSCTL_REPO'],
    excludes: ['user', 'system'],
    summary: 'The repository',
  },
  {
    name: 'user',
    excludes: ['system'],
    summary: 'The repository $HOME/.var/lib/composefs',
  },
  { name: 'system', summary: 'The repository /sysroot/composefs; the default of root' },
  {
    name: 'hash',
    value: { kind: 'choice', choices: ['sha256', 'sha512'] },
    summary: 'The hash the repository has to have, or without one the hash to use',
  },
  {
    name: 'erofs-version',
    value: { kind: 'integer', label: 'N', min: 0, max: 2 },
    summary: 'Format of the images made by this command; default: as in the repository, else 1',
  },
  {
    name: 'require-verity',
    summary: 'Fail when the repository was made without fs-verity',
  },
  {
    name: 'no-upgrade',
    summary: 'Fail on a repository without meta.json instead of upgrading it',
  },
  {
    name: 'no-repo',
    excludes: ['repo', 'user', 'system'],
    summary: 'Look at no repository (compute-id, create-dumpfile)',
  },
  { name: 'insecure', hidden: true, summary: 'Treat the repository as one without fs-verity' },
  { name: 'json', summary: 'Print the result as one JSON document, and errors as JSON' },
  {
    name: 'format',
    value: { kind: 'choice', choices: ['text', 'plain'] },
    excludes: ['json'],
    summary: 'How to print lists: boxes, or lines of columns between TABs',
  },
  { name: 'quiet', short: 'q', summary: 'No progress and no notices' },
  {
    name: 'verbose',
    short: 'v',
    repeat: true,
    summary: 'More log lines; twice: also the origin of errors',
  },
  {
    name: 'log',
    value: { kind: 'choice', choices: ['error', 'warn', 'info', 'debug', 'trace'], label: 'LEVEL' },
    env: ['CFSCTL_LOG'],
    summary: 'Log lines on standard error: error, warn, info, debug, trace',
  },
  {
    name: 'progress',
    value: { kind: 'choice', choices: ['auto', 'tty', 'plain', 'json', 'none'], label: 'MODE' },
    env: ['CFSCTL_PROGRESS'],
    summary: 'Progress on standard error: auto, tty, plain, json, none',
  },
  {
    name: 'color',
    value: { kind: 'choice', choices: ['auto', 'always', 'never'], label: 'WHEN' },
    summary: 'Colour: auto, always, never',
  },
  {
    name: 'lock-timeout',
    value: { kind: 'integer', label: 'SEC', min: 0, max: 2 ** 31 - 1 },
    env: ['CFSCTL_LOCK_TIMEOUT'],
    summary: 'Wait this long for the lock of the repository; 0: not at all',
  },
  { name: 'yes', short: 'y', summary: 'Answer questions with yes' },
  {
    name: 'jobs',
    value: { kind: 'integer', label: 'N', min: 1, max: 1024 },
    env: ['CFSCTL_JOBS'],
    summary:
      'Most layers fetched or sent at once, default: 4; threads that hash, default: as processors, 4 at most',
  },
] as const satisfies readonly Option[]

export type GlobalValues = OptionValues<typeof globalOptions>
