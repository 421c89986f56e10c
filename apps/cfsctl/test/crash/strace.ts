import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { type Ended, type RunOptions, run, runWell } from './program.ts'

/** The calls that read or change files. Those of sockets and of memory are not failed. */
const CALLS = [
  ...['open', 'openat', 'close', 'read', 'pread64', 'readv', 'preadv', 'write', 'pwrite64'],
  ...['writev', 'pwritev', 'copy_file_range', 'sendfile', 'ftruncate', 'fallocate', 'fsync'],
  ...['fdatasync', 'syncfs', 'flock', 'ioctl', 'statx', 'stat', 'lstat', 'fstat', 'newfstatat'],
  ...['statfs', 'fstatfs', 'access', 'faccessat', 'faccessat2', 'getdents64', 'readlink'],
  ...['readlinkat', 'mkdir', 'mkdirat', 'rmdir', 'unlink', 'unlinkat', 'link', 'linkat', 'symlink'],
  ...['symlinkat', 'rename', 'renameat', 'renameat2', 'fchmod', 'fchown', 'utimensat', 'mknodat'],
]

/** Stops the traced process at the calls of interest only, which saves half of the time. */
const SECCOMP = '--seccomp-bpf'

/** Why calls cannot be traced here; undefined when they can. */
export function straceUnavailable(): string | undefined {
  const words = ['-f', SECCOMP, '-e', 'close', 'true']
  const { status, error, stderr } = spawnSync('strace', words)
  if (error !== undefined) return 'there is no strace'
  return status === 0 ? undefined : `strace does not work: ${stderr.toString().split('\n')[0]}`
}

/** A system call of a run that touched one of the watched directories. */
export interface TracedCall {
  readonly name: string
  /** The how manieth call of that name its thread made, from 1. */
  readonly number: number
  /** When, as a part of the run. */
  readonly moment: number
  /** What it was called with. */
  readonly text: string
}

/** What a traced run may need. */
export interface TraceOptions extends RunOptions {
  /** Where the lines of strace go. */
  readonly log: string
  /** Directories whose calls are of interest. */
  readonly watched: readonly string[]
}

/**
 * Runs a program that has to succeed and returns its calls that touch the watched directories and nothing else in any
 * of its threads. The calls by which it starts are counted, but not among them.
 */
export async function traceCalls(
  words: readonly string[],
  { log, watched, ...options }: TraceOptions,
): Promise<readonly TracedCall[]> {
  await runWell([...tracer(log), ...words], options)
  const lines = linesOf(log)
  const started = lines[0]?.time ?? 0
  const duration = (lines.at(-1)?.time ?? 0) - started
  const counts = new Map<string, number>()
  const found = new Map<string, TracedCall | undefined>()
  for (const { thread, time, name, text } of lines) {
    const counter = `${thread} ${name}`
    const number = (counts.get(counter) ?? 0) + 1
    counts.set(counter, number)
    // strace counts for each thread, and cannot tamper with one alone.
    const key = `${name} ${number}`
    const isWatched = watched.some(directory => text.includes(directory))
    if (!isWatched) found.set(key, undefined)
    else if (!found.has(key)) {
      found.set(key, { name, number, moment: (time - started) / duration, text })
    }
  }
  return [...found.values()].filter(call => call !== undefined)
}

/** A run in which one call of each thread was tampered with. */
export interface TamperedRun extends Ended {
  /** The calls that were failed, or in which the process was killed; none when it made fewer of them. */
  readonly hits: readonly string[]
}

/** Runs a program and lets the call fail with `errno`; the kernel does not see it. */
export async function runWithFault(
  words: readonly string[],
  call: Pick<TracedCall, 'name' | 'number'> & { readonly errno: string },
  { log, ...options }: Omit<TraceOptions, 'watched'>,
): Promise<TamperedRun> {
  const injected = `inject=${call.name}:error=${call.errno}:when=${call.number}`
  const ended = await run([...tracer(log, call.name), '-e', injected, ...words], options)
  const hits = linesOf(log, line => line.includes('(INJECTED)')).map(({ text }) => text)
  return { ...ended, hits }
}

/** Runs a program and kills it in the moment in which it enters the call; the call is not made. */
export async function runUntilCall(
  words: readonly string[],
  call: Pick<TracedCall, 'name' | 'number'>,
  { log, ...options }: Omit<TraceOptions, 'watched'>,
): Promise<TamperedRun> {
  const injected = `inject=${call.name}:signal=KILL:when=${call.number}`
  // With its filter strace 6.1 makes the call and sends no signal.
  const unfiltered = tracer(log, call.name).filter(word => word !== SECCOMP)
  const ended = await run([...unfiltered, '-e', injected, ...words], options)
  const hits =
    ended.signal === 'SIGKILL'
      ? linesOf(log)
          .slice(-1)
          .map(({ text }) => text)
      : []
  return { ...ended, hits }
}

function tracer(log: string, ...names: readonly string[]): string[] {
  // Names that this processor does not have are passed over.
  const calls = (names.length > 0 ? names : CALLS).map(name => `?${name}`).join(',')
  const form = ['-f', '-qq', '-y', '-ttt', '-s', '32']
  return ['strace', ...form, SECCOMP, '-o', log, '-e', `trace=${calls}`]
}

interface Line {
  readonly thread: string
  /** Seconds since 1970. */
  readonly time: number
  readonly name: string
  readonly text: string
}

/** The lines on which calls begin. */
function linesOf(log: string, isWanted: (line: string) => boolean = () => true): Line[] {
  const lines: Line[] = []
  for (const line of readFileSync(log, 'utf8').split('\n')) {
    const [, thread, time, name] = /^(\d+) +([\d.]+) ([a-z0-9_]+)\(/.exec(line) ?? []
    if (thread === undefined || name === undefined || !isWanted(line)) continue
    lines.push({ thread, time: Number(time), name, text: line.slice(line.indexOf(name)) })
  }
  return lines
}
