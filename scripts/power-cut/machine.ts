import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { GuestTask, Message } from './messages.ts'
import { type DiskRequest, NbdServer } from './nbd-server.ts'
import { VolatileDisk } from './volatile-disk.ts'

/** Seconds for one start of the machine, whatever happens in it. */
const TIMEOUT = 300

/** What a machine needs. */
export interface MachineOptions {
  /** The repository's root directory. */
  readonly root: string
  /** A directory for sockets and the like. */
  readonly work: string
  /** The file that holds the disk. */
  readonly disk: string
  readonly kernel: string
  /** The program for the guest. */
  readonly program: string
  readonly task: GuestTask
  onMessage(message: Message): void
  onRequest(request: DiskRequest): void
}

/** One start of the machine, from power on to power off. */
export class Machine {
  readonly disk: VolatileDisk
  readonly #server: NbdServer
  readonly #options: MachineOptions
  #process: ChildProcess | undefined
  #isOn = true

  constructor(options: MachineOptions) {
    this.#options = options
    this.disk = new VolatileDisk(options.disk)
    this.#server = new NbdServer(this.disk, request => options.onRequest(request))
  }

  /** Runs until the guest has ended, or has been cut off; returns its exit status. */
  async run(): Promise<number | null> {
    const { root, work, kernel, program, task } = this.#options
    const socket = join(work, `disk-${task.seed}.sock`)
    await this.#server.listen(socket)
    const taskFile = join(work, `task-${task.seed}.json`)
    writeFileSync(taskFile, JSON.stringify(task))
    // Another process that syncs a file of its own all the time has the journal written at any moment, too.
    const noise = `while :; do date >${task.directory}/noise; sync ${task.directory}/noise; sleep 0.05; done`
    const script = `(${noise}) </dev/null >/dev/null 2>&1 & exec "$@"`
    const machine = spawn(
      join(root, 'scripts/verity-vm'),
      [
        ...['--kernel', kernel, '--timeout', String(TIMEOUT), '--disk', socket, '--'],
        ...['sh', '-c', script, 'sh', process.execPath, program, taskFile],
      ],
      { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
    )
    this.#process = machine
    const closed = Promise.withResolvers<number | null>()
    machine.once('error', closed.reject).once('close', closed.resolve)
    try {
      for await (const line of createInterface({ input: machine.stdout })) {
        // What was still on its way when the power went has not happened.
        if (this.#isOn) this.#options.onMessage(JSON.parse(line) as Message)
      }
      return await closed.promise
    } catch (error) {
      machine.kill('SIGKILL')
      throw error
    } finally {
      this.#server.close()
      this.disk.close()
    }
  }

  /** Cuts the power: the disk loses what `isKept` does not keep, and the machine is gone. */
  cut(isKept: () => boolean): { readonly lost: number; readonly kept: number } {
    this.#isOn = false
    this.#server.close()
    const outcome = this.disk.cut(isKept)
    // The machine's own processes end with the one that started them.
    this.#process?.kill('SIGKILL')
    return outcome
  }
}
