import { join } from 'node:path'
import { SHA256 } from '../../packages/fsverity/src/index.ts'
import {
  initRepository,
  openRepository,
  type Repository,
  type System,
} from '../../packages/repository/src/index.ts'
import { guestSystem } from './guest-system.ts'
import type { GuestTask, Message, RepositoryName, Stage } from './messages.ts'

/** Tells the host. A pipe takes it at once, so that the host knows the stage before the disk does. */
export function tell(message: Message): void {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

/** One repository of the machine's disk. */
export class GuestRepository {
  readonly name: RepositoryName
  readonly path: string
  readonly #system: System
  #operation = ''

  constructor(name: RepositoryName, task: GuestTask) {
    this.name = name
    this.path = join(task.directory, name)
    this.#system = guestSystem({
      repository: name,
      withoutSync: task.withoutSync,
      onStage: stage => this.#enter(stage),
    })
  }

  async init(): Promise<void> {
    this.#operation = ''
    const insecure = this.name === 'plain'
    await initRepository(this.path, {
      system: this.#system,
      algorithm: SHA256,
      insecure,
      ensure: true,
    })
  }

  /** Does something with the open repository; `stage` is the one it begins with. */
  async run<T>(
    operation: string,
    stage: Stage,
    work: (repository: Repository) => Promise<T> | T,
  ): Promise<T> {
    this.#operation = operation
    this.#enter(stage)
    const mode = operation === 'fsck' ? 'read' : 'write'
    await using repository = await openRepository(this.path, { system: this.#system, mode })
    return await work(repository)
  }

  #enter(stage: Stage): void {
    // Locks are taken and syncs are made by others too; their own stages are told by those who run them.
    const isCollecting = this.#operation === 'gc'
    if (stage === 'sweep' && !isCollecting) return
    // A collection syncs between the links it removes and their objects.
    const shown = isCollecting && stage === 'names' ? 'sweep' : stage
    tell({ kind: 'stage', stage: shown, operation: `${this.#operation} ${this.name}` })
  }
}
