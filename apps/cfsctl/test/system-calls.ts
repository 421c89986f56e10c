import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** Calls that change what is on the disk, and those that write it there for good. */
const TRACED = [
  ...['link', 'linkat', 'symlink', 'symlinkat', 'rename', 'renameat', 'renameat2'],
  ...['unlink', 'unlinkat', 'mkdir', 'mkdirat', 'sync', 'syncfs', 'fsync', 'fdatasync'],
]

/** A system call that succeeded. */
export interface TracedCall {
  readonly name: string
  /** Its strings: paths, and the text of a symlink. */
  readonly texts: readonly string[]
}

/** Why programs cannot be traced; undefined when they can. */
export function tracingUnavailable(): string | undefined {
  const { error, status } = spawnSync('strace', ['-o', '/dev/null', 'true'])
  if (error !== undefined) return 'strace is not installed'
  return status === 0 ? undefined : 'strace may not trace'
}

/** Runs our program and returns how it changed what lies below `directory`, and its syncs, in order. */
export function tracedCalls(
  directory: string,
  args: readonly string[],
  input: Uint8Array = new Uint8Array(0),
): TracedCall[] {
  const work = mkdtempSync(join(tmpdir(), 'cfsctl-trace-'))
  try {
    const output = join(work, 'calls')
    const trace = ['-f', '-s', '4096', '-e', `trace=${TRACED.join(',')}`, '-o', output]
    const program = ['--conditions=composefs-source', '--no-warnings', main, ...args]
    const { status, stderr } = spawnSync('strace', [...trace, process.execPath, ...program], {
      input,
      env: { ...process.env, NODE_OPTIONS: '', NODE_COMPILE_CACHE: work },
    })
    if (status !== 0) throw new Error(`exit ${status}: ${stderr}`)
    return parseTrace(readFileSync(output, 'utf8')).filter(
      ({ name, texts }) =>
        /sync/.test(name) || texts.some(text => `${text}/`.startsWith(`${directory}/`)),
    )
  } finally {
    rmSync(work, { recursive: true })
  }
}

/** Lines read `27171 symlink("../a", "/b") = 0`; a call that another thread interrupts stands on two. */
function parseTrace(text: string): TracedCall[] {
  const calls: TracedCall[] = []
  const begun = new Map<string, string>()
  for (const line of text.split('\n')) {
    const match = /^(\d+) +(.*)$/.exec(line)
    if (match === null) continue
    const [, thread = '', told = ''] = match
    const isBegun = / <unfinished \.\.\.>$/.test(told)
    if (isBegun) {
      begun.set(thread, told.replace(/ <unfinished \.\.\.>$/, ''))
      continue
    }
    const rest = /^<\.\.\. \w+ resumed>(.*)$/.exec(told)?.[1]
    const whole = rest === undefined ? told : `${begun.get(thread) ?? ''}${rest}`
    const name = /^(\w+)\(/.exec(whole)?.[1]
    if (name === undefined || !/ = 0$/.test(whole)) continue
    calls.push({
      name,
      texts: Array.from(whole.matchAll(/"((?:[^"\\]|\\.)*)"/g), found => found[1] ?? ''),
    })
  }
  return calls
}
