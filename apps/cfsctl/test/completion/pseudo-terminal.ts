import { type ChildProcess, spawn, spawnSync } from 'node:child_process'

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
      for (;;) {
        const match = expected.exec(shown)
        if (match !== null) {
          const end = match.index + match[0].length
          const text = shown.slice(0, end)
          shown = shown.slice(end)
          return text
        }
        if (hasEnded) throw new Error(`${expected} was not shown: ${JSON.stringify(shown)}`)
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
    },
    async close() {
      child.stdin?.end()
      child.kill('SIGHUP')
      await ended
    },
  }
}
