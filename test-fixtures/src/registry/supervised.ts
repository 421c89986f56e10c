import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** Longest time a server may take to say that it listens. */
const START_TIMEOUT_MS = 30_000

/** What is kept of a server's log. */
const LOG_SIZE_MAX = 1 << 20

/**
 * Ends the program when standard input does, so that no server outlives the tests, however they end: `$@` runs in the
 * background, and whoever started this shell holds the other end of the pipe. What the server wrote goes with it.
 */
const SUPERVISOR = `
directory=$1
shift
exec 3<&0
"$@" 3<&- </dev/null &
pid=$!
{ cat <&3 >/dev/null; kill "$pid" 2>/dev/null; } &
exec 3<&- >/dev/null 2>&1
wait "$pid"
status=$?
rm -rf -- "$directory"
exit $status
`

/** A server that ends with this process. */
export interface SupervisedServer {
  /** The groups of `ready` in the line that said so. */
  readonly ready: RegExpExecArray
  /** What it printed so far. */
  log(): string
  /** Ends it and waits for the end. */
  stop(): Promise<void>
}

/**
 * Starts a server and waits until its output matches `ready`.
 *
 * @throws Error with the server's output when it ends or stays silent
 */
export async function startSupervised(
  command: readonly [string, ...string[]],
  options: {
    readonly ready: RegExp
    /** Removed when the server has ended. */
    readonly directory: string
    readonly env?: NodeJS.ProcessEnv
  },
): Promise<SupervisedServer> {
  const child = spawn('/bin/sh', ['-c', SUPERVISOR, 'sh', options.directory, ...command], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: options.env ?? process.env,
  })
  let log = ''
  const stop = () => end(child)
  try {
    const ready = await new Promise<RegExpExecArray>((resolve, reject) => {
      const fail = (reason: string) => reject(new Error(`${command[0]}: ${reason}: ${log}`))
      const timer = setTimeout(() => fail('does not listen'), START_TIMEOUT_MS)
      const read = (chunk: Buffer) => {
        log = (log + chunk.toString()).slice(-LOG_SIZE_MAX)
        const match = options.ready.exec(log)
        if (match !== null) {
          clearTimeout(timer)
          resolve(match)
        }
      }
      child.stdout.on('data', read)
      child.stderr.on('data', read)
      child.stdin.on('error', () => {})
      child.once('error', error => fail(error.message))
      child.once('exit', status => {
        clearTimeout(timer)
        fail(`ended with ${status}`)
      })
    })
    return { ready, log: () => log, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function end(child: ChildProcess): Promise<void> {
  child.stdin?.destroy()
  if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    await once(child, 'exit')
  }
}
