import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** What a program printed and how it ended. */
export interface Outcome {
  readonly status: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

/** Runs our program from its sources. */
export function runOurs(
  args: readonly string[],
  input?: Uint8Array,
  environment: Readonly<Record<string, string>> = {},
): Outcome {
  const program = ['--conditions=composefs-source', '--no-warnings', main, ...args]
  return run(process.execPath, program, { input, environment })
}

/** The peer's program, where `CFSCTL_PEER` names it. */
export const peer: string | undefined = process.env.CFSCTL_PEER

/** Runs the peer. */
export function runPeer(args: readonly string[], input?: Uint8Array): Outcome {
  if (peer === undefined) throw new Error('CFSCTL_PEER is not set')
  return run(peer, args, { input, environment: {} })
}

/** Standard output of a run that has to succeed, as text without its last newline. */
export function textOf(outcome: Outcome): string {
  return bytesOf(outcome).toString('utf8').replace(/\n$/, '')
}

/** Standard output of a run that has to succeed. */
export function bytesOf(outcome: Outcome): Buffer {
  if (outcome.status !== 0) throw new Error(`exit ${outcome.status}: ${outcome.stderr}`)
  return outcome.stdout
}

function run(
  program: string,
  args: readonly string[],
  {
    input,
    environment,
  }: { input: Uint8Array | undefined; environment: Readonly<Record<string, string>> },
): Outcome {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    input: input ?? new Uint8Array(0),
    maxBuffer: 2 ** 30,
    env: { ...process.env, RUST_BACKTRACE: '0', NODE_OPTIONS: '', ...environment },
  })
  if (error !== undefined) throw error
  return { status, stdout, stderr: stderr.toString('utf8') }
}
