/** What became of the rows of one group. */
export interface GroupReport {
  readonly group: string
  readonly passed: number
}

export interface Report {
  readonly groups: readonly GroupReport[]
  /** Rows that did not give what the vectors say: `group: row: what was wrong`. */
  readonly failures: readonly string[]
  /** `group: row: code` of all that was refused, as it should be. Has to be the same everywhere. */
  readonly refusals: readonly string[]
}

/** Rows of vectors, counted as they run. */
export class Rows {
  readonly #passed = new Map<string, number>()
  readonly #failures: string[] = []
  readonly #refusals: string[] = []

  /** Runs a row, which throws when something is not as the vectors say. */
  async row(group: string, name: string, run: () => void | Promise<void>): Promise<void> {
    try {
      await run()
      this.#passed.set(group, (this.#passed.get(group) ?? 0) + 1)
    } catch (error) {
      this.#failures.push(`${group}: ${name}: ${error}`)
    }
  }

  /** Runs a row that has to end with an error of one of our packages. */
  async refused(group: string, name: string, run: () => unknown): Promise<void> {
    await this.row(group, name, async () => {
      const code = await codeOf(run)
      if (code === undefined) throw new Error('taken, though it is to be refused')
      this.#refusals.push(`${group}: ${name}: ${code}`)
    })
  }

  report(): Report {
    const groups = [...this.#passed].map(([group, passed]) => ({ group, passed }))
    return { groups, failures: this.#failures, refusals: this.#refusals }
  }
}

/** Throws with both values unless they are the same text. */
export function same(what: string, actual: unknown, expected: unknown): void {
  const [a, e] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (a !== e) throw new Error(`${what} is ${shortened(a)}, not ${shortened(e)}`)
}

/** The code of our own error; anything else that is thrown is thrown on. */
async function codeOf(run: () => unknown): Promise<string | undefined> {
  try {
    await run()
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_')) {
      return String(error.code)
    }
    throw error
  }
  return undefined
}

function shortened(text: string | undefined): string {
  return text === undefined || text.length < 200 ? String(text) : `${text.slice(0, 200)}…`
}
