import { join } from 'node:path'
import type { Outcome } from '../check/check-results.ts'
import { type Command, runMeasured, runPlain, type Sample } from '../measure/run-measured.ts'
import type { Row } from '../rows/row.ts'
import { fillTemplate, SCENARIOS, type Scenario, type Template } from '../rows/scenarios.ts'
import type { Tool } from '../tools.ts'
import type { RunContext } from './context.ts'

/** The paths of the inputs of a row. */
export interface RowInputs {
  readonly input: string
  readonly present: string
  /** The image in the registry, without tag. */
  readonly registry: string
  readonly env: Readonly<Record<string, string>>
}

/** A sample, and what the tool made. */
export interface TakenSample {
  readonly sample: Sample
  readonly outcome: Outcome
  release(): void
}

/** One tool at one row: makes what a sample needs, and takes it. */
export class Side {
  readonly tool: Tool
  readonly samples: Sample[] = []
  readonly #row: Row
  readonly #scenario: Scenario
  readonly #command: Command
  readonly #inputs: RowInputs
  readonly #context: RunContext
  /** Of a scenario that only reads: the directory of all samples. */
  #kept: string | undefined

  constructor(
    tool: Tool,
    options: { row: Row; command: Command; inputs: RowInputs; context: RunContext },
  ) {
    this.tool = tool
    this.#row = options.row
    this.#scenario = SCENARIOS[options.row.scenario]
    this.#command = options.command
    this.#inputs = options.inputs
    this.#context = options.context
  }

  /** Takes one sample. What it left stays until `release`. */
  async sample(): Promise<TakenSample> {
    const { workspace } = this.#context
    const { place } = this.#row
    const directory = this.#kept ?? this.#prepare()
    if (this.#scenario.readsOnly) this.#kept = directory
    workspace.settle(place)
    const sample = await runMeasured(
      [...this.#command, ...this.#fill(this.#scenario.commands[this.tool] ?? '', directory)],
      { directory, env: { ...this.#inputs.env, ...this.#helpersEnv() } },
    )
    this.#context.signal.throwIfAborted()
    this.#context.onSample?.(this.tool, sample)
    return {
      sample,
      outcome: { repo: repoOf(directory), output: outputOf(directory) },
      release: () => {
        if (directory !== this.#kept) workspace.drop(place, directory)
      },
    }
  }

  /** Ends it. */
  close(): void {
    if (this.#kept !== undefined) this.#context.workspace.drop(this.#row.place, this.#kept)
  }

  /** A node that does nothing needs no repository, and knows none of the commands that make one. */
  #prepare(): string {
    const directory = this.#context.workspace.fresh(this.#row.place)
    if (this.tool !== 'ours' && this.tool !== 'cfsctl') return directory
    for (const template of this.#scenario.setup) {
      runPlain([...this.#command, ...this.#fill(template, directory)], this.#inputs.env)
    }
    return directory
  }

  #helpersEnv(): Readonly<Record<string, string>> {
    const { helpers } = this.#row
    return helpers === undefined ? {} : { COMPOSEFS_HELPERS: String(helpers) }
  }

  #fill(template: Template, directory: string): string[] {
    const { input, present, registry } = this.#inputs
    const { algorithm } = this.#row
    return fillTemplate(template, {
      repo: repoOf(directory),
      output: outputOf(directory),
      algorithm,
      input,
      present,
      registry,
    })
  }
}

function repoOf(directory: string): string {
  return join(directory, 'repo')
}

function outputOf(directory: string): string {
  return join(directory, 'result')
}
