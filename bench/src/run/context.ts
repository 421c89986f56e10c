import type { InputName } from '../inputs/catalog.ts'
import type { Sample } from '../measure/run-measured.ts'
import type { BenchRegistry } from '../registry.ts'
import type { Tool, Toolbox } from '../tools.ts'
import type { Workspace } from '../workspace.ts'

/** What all rows of a run share. */
export interface RunContext {
  readonly tools: Toolbox
  /** The path of an input. */
  openInput(name: InputName): Promise<string>
  readonly workspace: Workspace
  /** Starts the registry at the first call; undefined where there can be none. */
  registry(): Promise<BenchRegistry | undefined>
  /** Samples of each side, whatever the row; undefined: as many as it needs. */
  readonly samples: number | undefined
  readonly quick: boolean
  readonly signal: AbortSignal
  onSample?(tool: Tool, sample: Sample): void
}
