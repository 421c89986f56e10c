import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/**
 * What node is started with to run our program: its sources, or where `CFSCTL_BUILT` names one, a `main.js` that is
 * built.
 */
export const ourProgram: readonly string[] =
  process.env.CFSCTL_BUILT === undefined
    ? ['--conditions=composefs-source', '--no-warnings', main]
    : [process.env.CFSCTL_BUILT]

/** What a program printed and how it ended. */
export interface Outcome {
  readonly status: number | null
  /** What ended it, if it did not exit. */
  readonly signal: NodeJS.Signals | null
  readonly stdout: Buffer
  readonly stderr: string
}

/** Runs our program. */
export function runOurs(
  args: readonly string[],
  input?: Uint8Array,
  environment: Readonly<Record<string, string>> = {},
): Outcome {
  return run(process.execPath, [...ourProgram, ...args], { input, environment })
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
  const { status, signal, stderr } = outcome
  if (status !== 0) throw new Error(`exit ${status ?? signal}: ${stderr}`)
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
  const start = () =>
    spawnSync(program, args, {
      input: input ?? new Uint8Array(0),
      maxBuffer: 2 ** 30,
      env: { ...process.env, RUST_BACKTRACE: '0', NODE_OPTIONS: '', ...environment },
    })
  let ended = start()
  // On a processor that qemu translates a node dies now and then before it runs a line of ours.
  if (process.env.VERITY_VM !== undefined && ended.signal !== null) {
    console.warn(`${program} ended by ${ended.signal} in the VM: started once more`)
    ended = start()
  }
  const { status, signal, stdout, stderr, error } = ended
  if (error !== undefined) throw error
  return { status, signal, stdout, stderr: stderr.toString('utf8') }
}
