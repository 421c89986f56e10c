import type { InputName } from '../inputs/catalog.ts'
import type { Tool } from '../tools.ts'
import type { Limit } from './limit.ts'
import type { ScenarioName } from './scenarios.ts'

/** Where repositories lie: in memory, or on a disk. */
export type Place = 'tmpfs' | 'disk'

/** One line of the table: what is measured, on what, and what it may be. */
export interface Row {
  /** Unique; what `--only` looks at. */
  readonly name: string
  readonly scenario: ScenarioName
  readonly input: InputName
  /** What is in the repository beforehand, where the scenario wants that. */
  readonly present?: InputName
  readonly place: Place
  readonly algorithm: 'sha256' | 'sha512'
  /** Threads beside the main one; as the program thinks best when absent. */
  readonly helpers?: number
  /** Whom we are compared with, the first in the ratio of the row. */
  readonly rivals: readonly Tool[]
  readonly metric: 'time' | 'memory'
  /** All of them have to be met. */
  readonly gate: readonly Limit[]
  readonly aim: readonly Limit[]
  /** Part of `--quick`. */
  readonly quick?: true
  /** Only with `--huge`: it takes many GiB. */
  readonly huge?: true
}
