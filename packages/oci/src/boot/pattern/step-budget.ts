/** Thrown when matching takes more steps than it may. */
export class StepsExceededError extends Error {
  override readonly name = 'StepsExceededError'
  /** What an automaton was at: instructions, each of them one way to go on. */
  threads: Int32Array | undefined
}

/** Steps that all matching together may take, so that hostile patterns end with an error instead of never. */
export class StepBudget {
  #left: number

  constructor(steps: number) {
    this.#left = steps
  }

  get left(): number {
    return this.#left
  }

  /** @throws StepsExceededError */
  spend(steps: number): void {
    this.#left -= steps
    if (this.#left < 0) throw new StepsExceededError('too many steps')
  }
}
