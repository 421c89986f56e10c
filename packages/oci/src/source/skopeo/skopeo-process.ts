import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OciError } from '../../errors.ts'
import type { MessageSocket, SocketPairs } from './message-socket.ts'
import { MessageTail } from './message-tail.ts'
import type { SkopeoCommand } from './skopeo-command.ts'
import { within } from './within.ts'

/** How long a process may take to end: after its socket is closed, and after it was told to by a signal. In ms. */
const GRACE = 2000

/** How long its last words may take to arrive, in ms. */
const LAST_WORDS = 500

/** A skopeo that was started for us, and the socket to talk to it. Must be stopped. */
export class SkopeoProcess {
  readonly socket: MessageSocket
  readonly #child: ChildProcess
  readonly #tail: MessageTail
  /** Settles when the process is no more, whether or not it ever was. */
  readonly #ended: Promise<void>
  #startError: NodeJS.ErrnoException | undefined

  /**
   * Starts the program. That it cannot be is found out later: the socket closes, and `whyEnded` tells.
   */
  constructor(command: SkopeoCommand, sockets: SocketPairs) {
    const { socket, file } = sockets.create()
    try {
      this.#child = start(command, file)
    } catch (error) {
      socket.close()
      throw cannotStart(command.program, error as NodeJS.ErrnoException)
    } finally {
      // Else the socket would stay open after the end of the process.
      sockets.closeFile(file)
    }
    this.socket = socket
    this.#tail = new MessageTail()
    this.#child.stderr?.on('data', (chunk: Buffer) => this.#tail.add(chunk))
    this.#child.stderr?.on('error', () => {})
    this.#ended = new Promise(resolve => {
      this.#child.once('exit', () => resolve())
      this.#child.once('error', error => {
        this.#startError ??= error
        if (this.#child.pid === undefined) resolve()
      })
    })
  }

  /** Settles when the process is no more. */
  get ended(): Promise<void> {
    return this.#ended
  }

  /** The error for the end of a process that nobody asked to end. Waits a moment for its last words. */
  async whyEnded(): Promise<OciError> {
    const child = this.#child
    await within(this.#ended, GRACE)
    if (this.#startError !== undefined && child.pid === undefined) {
      return cannotStart(child.spawnfile, this.#startError)
    }
    const { stderr } = child
    if (stderr !== null && !stderr.readableEnded && !stderr.destroyed) {
      await within(once(stderr, 'close'), LAST_WORDS)
    }
    const { exitCode, signalCode } = child
    const how =
      signalCode !== null
        ? `was ended by ${signalCode}`
        : exitCode === null
          ? 'closed the connection'
          : `ended with status ${exitCode}`
    const words = this.#tail.text()
    return new OciError(
      'ERR_OCI_SKOPEO_ENDED',
      `skopeo ${how}${words === '' ? '' : `: ${words}`}`,
      { program: child.spawnfile },
    )
  }

  /**
   * Ends the process: by closing its socket, which it takes for a request to end; if that takes too long by SIGTERM,
   * then by SIGKILL.
   *
   * @param isBusy it does not look at its socket, so that there is nothing to wait for
   */
  async stop(isBusy: boolean): Promise<void> {
    this.socket.close()
    if (isBusy) this.#kill('SIGTERM')
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      if (await within(this.#ended, GRACE)) break
      this.#kill(signal)
    }
    await this.#ended
    this.#child.stderr?.destroy()
  }

  /** Ends the process without waiting for it. */
  kill(): void {
    this.socket.close()
    this.#kill('SIGKILL')
  }

  /** To its whole group: where podman was started, skopeo is its child. */
  #kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    const { pid, exitCode, signalCode } = this.#child
    // Once it was waited for, its number may be another's.
    if (pid === undefined || exitCode !== null || signalCode !== null) return
    try {
      process.kill(-pid, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
}

function start({ program, args, env, passwords }: SkopeoCommand, socket: number): ChildProcess {
  const file = passwords === undefined ? undefined : unnamedFile(passwords)
  try {
    return spawn(program, args, {
      // A group of its own: Ctrl-C is for us, who then end it in order.
      detached: true,
      env: { ...env },
      stdio: [socket, 'ignore', 'pipe', ...(file === undefined ? [] : [file])],
    })
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/** An open file that has no name any more, so that nothing is left of it whatever happens. */
function unnamedFile(content: string): number {
  const directory = mkdtempSync(join(tmpdir(), 'composefs-skopeo-'))
  try {
    const file = openSync(join(directory, 'auth.json'), 'wx+', 0o600)
    writeSync(file, content)
    return file
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function cannotStart(program: string, cause: NodeJS.ErrnoException): OciError {
  const isAbsent = cause.code === 'ENOENT'
  return new OciError(
    'ERR_OCI_SKOPEO_MISSING',
    `${program} cannot be started${isAbsent ? ': there is no such program' : ''}`,
    { program },
    isAbsent ? undefined : { cause },
  )
}
