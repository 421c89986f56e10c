import { Op, type Program } from './program.ts'
import { NO_NODE, type StemTrie, TRIE_ROOT, type TrieNode } from './stem-trie.ts'
import { type StepBudget, StepsExceededError } from './step-budget.ts'

/** What the automaton knows of the bytes it has seen. Equal states stand for the same future. */
export interface AutomatonState {
  /** Where the bytes lead in the trie of stems. */
  readonly node: TrieNode
  /** Instructions that wait for the next byte, ascending. */
  readonly threads: Int32Array
  /** States that follow, as far as they were asked for. */
  readonly next: Map<number, AutomatonState>
  /** Rules that end here, the last one first; those that may end here are below zero, as ~rule. Made when asked for. */
  rules: Int32Array | undefined
}

/** Patterns as the automaton takes them. */
export interface AutomatonRules {
  readonly trie: StemTrie
  readonly program: Program
  /**
   * Appends to `program` what is behind the stems that end at a node, if that was not done yet, and returns the first
   * instructions.
   */
  enter(node: TrieNode): readonly number[]
}

/** Threads of all states together that are kept; then they are made anew. */
const KEPT_THREADS_MAX = 4_000_000
const KEPT_STATES_MAX = 100_000

/**
 * All patterns of a policy as one automaton, made while it runs: each byte of a path costs one look-up once its state
 * is known, however many patterns there are. States only hold the patterns whose stem fits so far.
 */
export class PathAutomaton {
  readonly #rules: AutomatonRules
  readonly #budget: StepBudget
  readonly #states = new Map<number, AutomatonState[]>()
  #stateCount = 0
  #threadCount = 0
  readonly #start: AutomatonState
  /** The round in which an instruction was visited last, so that none is visited twice. */
  #visited = new Uint32Array(0)
  #round = 0
  readonly #pending: number[] = []

  constructor(rules: AutomatonRules, budget: StepBudget) {
    this.#rules = rules
    this.#budget = budget
    const threads: number[] = []
    this.#beginRound()
    this.#enter(TRIE_ROOT, threads, true)
    this.#start = this.#intern(TRIE_ROOT, threads)
  }

  /** The state before the first byte. */
  get start(): AutomatonState {
    return this.#start
  }

  /** The state after a byte. @throws StepsExceededError */
  step(state: AutomatonState, byte: number): AutomatonState {
    const known = state.next.get(byte)
    if (known !== undefined) return known
    try {
      return this.#makeStep(state, byte)
    } catch (error) {
      if (error instanceof StepsExceededError) error.threads = state.threads
      throw error
    }
  }

  /** The state after `text[start, end)`. @throws StepsExceededError */
  steps(from: AutomatonState, text: Uint8Array, start = 0, end = text.length): AutomatonState {
    let state = from
    for (let i = start; i < end; i++) state = this.step(state, text[i] as number)
    return state
  }

  /** The rules whose pattern matches what was seen, the last one first; as ~rule where that is yet to be found out. */
  rules(state: AutomatonState): Int32Array {
    state.rules ??= this.#rulesOf(state)
    return state.rules
  }

  #rulesOf({ threads }: AutomatonState): Int32Array {
    const { op, x } = this.#rules.program
    const found: number[] = []
    for (const pc of threads) {
      if (op[pc] === Op.end) found.push(x[pc] as number)
      else if (op[pc] === Op.maybe) found.push(~(x[pc] as number))
    }
    const rule = (entry: number) => (entry < 0 ? ~entry : entry)
    return Int32Array.from(found.sort((a, b) => rule(b) - rule(a)))
  }

  #makeStep(state: AutomatonState, byte: number): AutomatonState {
    const { program, trie } = this.#rules
    const { op, x } = program
    const threads: number[] = []
    this.#beginRound()
    for (const pc of state.threads) {
      const code = op[pc]
      if (
        code === Op.byte
          ? x[pc] === byte
          : code === Op.set && program.hasByte(x[pc] as number, byte)
      ) {
        this.#follow(pc + 1, threads, false)
      } else if (code === Op.maybe) {
        this.#follow(pc, threads, false)
      }
    }
    const node = trie.child(state.node, byte)
    if (node !== NO_NODE) this.#enter(node, threads, false)
    // Putting the threads in order costs as well.
    this.#budget.spend(state.threads.length + 2 * threads.length + 1)
    const next = this.#intern(node, threads)
    state.next.set(byte, next)
    return next
  }

  #enter(node: TrieNode, threads: number[], isStart: boolean): void {
    for (const pc of this.#rules.enter(node)) this.#follow(pc, threads, isStart)
  }

  /** Adds what can be reached from an instruction without taking a byte. */
  #follow(first: number, threads: number[], isStart: boolean): void {
    const { op, x, y, length } = this.#rules.program
    if (length > this.#visited.length) {
      const visited = new Uint32Array(op.length)
      visited.set(this.#visited)
      this.#visited = visited
    }
    const pending = this.#pending
    pending.push(first)
    let steps = 0
    for (let pc = pending.pop(); pc !== undefined; pc = pending.pop()) {
      steps++
      if (this.#visited[pc] === this.#round) continue
      this.#visited[pc] = this.#round
      switch (op[pc]) {
        case Op.split:
          pending.push(y[pc] as number, x[pc] as number)
          break
        case Op.jump:
          pending.push(x[pc] as number)
          break
        case Op.start:
          if (isStart) pending.push(pc + 1)
          break
        case Op.fail:
          break
        default:
          threads.push(pc)
      }
    }
    this.#budget.spend(steps)
  }

  #beginRound(): void {
    this.#round++
    if (this.#round <= 0xffff_ffff) return
    this.#visited.fill(0)
    this.#round = 1
  }

  #intern(node: TrieNode, list: number[]): AutomatonState {
    const threads = Int32Array.from(list).sort()
    let hash = node
    for (const pc of threads) hash = (Math.imul(hash, 0x01000193) ^ pc) | 0
    const bucket = this.#states.get(hash)
    const known = bucket?.find(state => state.node === node && equalNumbers(state.threads, threads))
    if (known !== undefined) return known
    this.#threadCount += threads.length
    this.#stateCount++
    if (this.#threadCount > KEPT_THREADS_MAX || this.#stateCount > KEPT_STATES_MAX) {
      this.#forget(threads.length)
    }
    const state = { node, threads, next: new Map(), rules: undefined }
    const sameHash = this.#states.get(hash)
    if (sameHash === undefined) this.#states.set(hash, [state])
    else sameHash.push(state)
    return state
  }

  /** Drops all states, and what they hold of each other: some are still in use. */
  #forget(threads: number): void {
    for (const bucket of this.#states.values()) {
      for (const state of bucket) state.next.clear()
    }
    this.#states.clear()
    this.#stateCount = 1
    this.#threadCount = threads
  }
}

function equalNumbers(a: Int32Array, b: Int32Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
