import { type ChildProcess, spawn, spawnSync } from 'node:child_process'

/** Milliseconds after which what is waited for is not going to be shown. A line takes less than one second alone. */
const HANGS_AFTER = 60_000

/** A program on a terminal of its own, with somebody who types. */
export interface Terminal {
  type(keys: string): void
  /** Waits until something is shown behind what was waited for before, and returns what came up to its end. */
  shows(expected: RegExp): Promise<string>
  close(): Promise<void>
}

export function has(command: string): boolean {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).error === undefined
}

/** Starts a command line below script(1), which has a terminal made by the kernel. */
export function openTerminal(
  command: string,
  environment: Readonly<Record<string, string>>,
): Terminal {
  const child: ChildProcess = spawn('script', ['-qefc', command, '/dev/null'], {
    env: { ...process.env, NODE_OPTIONS: '', ...environment },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  let shown = ''
  let wake = () => {}
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    shown += text
    wake()
  })
  let hasEnded = false
  const ended = new Promise<void>(resolve => {
    child.once('close', () => {
      hasEnded = true
      wake()
      resolve()
    })
  })
  return {
    type: keys => {
      child.stdin?.write(keys)
    },
    async shows(expected) {
      const end = Date.now() + HANGS_AFTER
      for (;;) {
        const match = expected.exec(shown)
        if (match !== null) {
          const length = match.index + match[0].length
          const text = shown.slice(0, length)
          shown = shown.slice(length)
          return text
        }
        if (hasEnded || Date.now() >= end)
          throw new Error(`${expected} was not shown: ${JSON.stringify(shown)}`)
        const timer = setTimeout(() => wake(), end - Date.now())
        await new Promise<void>(resolve => {
          wake = resolve
        })
        clearTimeout(timer)
      }
    },
    async close() {
      // Its end of the terminal is closed with it, which hangs up on the program; other signals it keeps to itself.
      child.kill('SIGKILL')
      await ended
    },
  }
}
