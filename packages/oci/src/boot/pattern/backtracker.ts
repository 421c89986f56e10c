import { WORD } from './byte-classes.ts'
import { hasByte } from './byte-set.ts'
import { ASSERTIONS, type BacktrackProgram } from './compile-pattern.ts'
import type { AssertionKind } from './pattern.ts'
import { Op, type Program } from './program.ts'
import { type StepBudget, StepsExceededError } from './step-budget.ts'

/** Steps of one match. One that needs more would not come to an end with a longer path. */
const STEPS_MAX = 1_000_000
/** Places to go back to, and changes to undo, that are kept at once. */
const MEMORY_MAX = 1_000_000

const NEWLINE = 0x0a
const NOWHERE = -1

/** Instructions times places for which it is remembered that they lead nowhere: 16 MiB. */
const REMEMBERED_MAX = 1 << 22

/**
 * Matches one pattern that needs look-around, references to groups and the like, by trying one way after the other. It
 * has a stack of its own, so that no pattern ends the program's, and counts its steps.
 *
 * Without references to groups, what follows depends on instruction and place alone, so that none is tried twice: then
 * the steps are at most instructions times places, as often as something enclosed begins.
 */
export class Backtracker {
  readonly #program: Program
  readonly #registers: Int32Array
  readonly #budget: StepBudget
  /** Ways not tried yet: instruction, place, and how many changes were made before. */
  readonly #ways: number[] = []
  /** Register and its old value, for each change. */
  readonly #changes: number[] = []
  readonly #hasReferences: boolean
  /** By instruction and place: the run that was there last. */
  #visited = new Uint32Array(0)
  #lastRun = 0
  /** By instruction and place: where what is enclosed ends. */
  readonly #ends = new Map<number, number>()
  #remembers = false
  #text: Uint8Array = new Uint8Array()
  #end = 0
  #steps = 0

  constructor({ program, registers }: BacktrackProgram, budget: StepBudget) {
    this.#program = program
    this.#registers = new Int32Array(registers)
    this.#budget = budget
    this.#hasReferences = program.op.subarray(0, program.length).includes(Op.backreference)
  }

  /**
   * Whether the pattern matches everything but the last byte of `text[0, length)`. The last one is there to be seen by
   * what looks ahead.
   *
   * @throws StepsExceededError
   */
  matches(text: Uint8Array, length: number): boolean {
    this.#text = text
    this.#end = length
    this.#steps = 0
    this.#registers.fill(NOWHERE)
    this.#ways.length = 0
    this.#changes.length = 0
    this.#prepareMemory()
    try {
      return this.#run(0, 0) !== NOWHERE
    } finally {
      this.#budget.spend(this.#steps)
    }
  }

  #prepareMemory(): void {
    this.#ends.clear()
    const size = this.#program.length * (this.#end + 1)
    this.#remembers = !this.#hasReferences && size <= REMEMBERED_MAX
    if (!this.#remembers) return
    if (size > this.#visited.length) this.#visited = new Uint32Array(size)
    // Numbers of runs go on from match to match, so that nothing has to be cleared.
    if (this.#lastRun < 2 ** 31) return
    this.#visited.fill(0)
    this.#lastRun = 0
  }

  /** What #run gives for something enclosed, found out once for each place. */
  #runEnclosed(first: number, at: number): number {
    if (!this.#remembers) return this.#run(first, at)
    const key = this.#key(first, at)
    const known = this.#ends.get(key)
    if (known !== undefined) return known
    const end = this.#run(first, at)
    this.#ends.set(key, end)
    return end
  }

  #key(pc: number, at: number): number {
    return pc * (this.#end + 1) + at
  }

  /** Runs until the end of the pattern, or of what is enclosed; returns the place where that is, or NOWHERE. */
  #run(first: number, from: number): number {
    const ways = this.#ways
    const bottom = ways.length
    const { op, x, y } = this.#program
    const run = ++this.#lastRun
    let pc = first
    let at = from
    for (;;) {
      if (++this.#steps > STEPS_MAX) throw new StepsExceededError('too many steps of one match')
      let fails = false
      switch (op[pc]) {
        case Op.byte:
          fails = at >= this.#end || this.#text[at] !== x[pc]
          at++
          pc++
          break
        case Op.set:
          fails =
            at >= this.#end || !this.#program.hasByte(x[pc] as number, this.#text[at] as number)
          at++
          pc++
          break
        case Op.split:
          if (this.#remembers) {
            const key = this.#key(pc, at)
            if (this.#visited[key] === run) {
              fails = true
              break
            }
            this.#visited[key] = run
          }
          if (ways.length > MEMORY_MAX) throw new StepsExceededError('too many ways to try')
          ways.push(y[pc] as number, at, this.#changes.length)
          pc = x[pc] as number
          break
        case Op.jump:
          pc = x[pc] as number
          break
        case Op.end:
          if (at === this.#end - 1) return at
          fails = true
          break
        case Op.done:
          ways.length = bottom
          return at
        case Op.assert:
          fails = !this.#holds(ASSERTIONS[x[pc] as number] as AssertionKind, at)
          pc++
          break
        case Op.save:
          this.#save(x[pc] as number, at)
          pc++
          break
        case Op.progress:
          pc = this.#registers[x[pc] as number] === at ? (y[pc] as number) : pc + 1
          break
        case Op.backreference: {
          const length = this.#repeated(x[pc] as number, at, y[pc] === 1)
          fails = length === NOWHERE
          at += length
          pc++
          break
        }
        case Op.atomic: {
          const end = this.#runEnclosed(pc + 1, at)
          fails = end === NOWHERE
          at = end
          pc = x[pc] as number
          break
        }
        case Op.look:
        case Op.lookNegative: {
          const isNegative = op[pc] === Op.lookNegative
          const changes = this.#changes.length
          const start = at - (y[pc] as number)
          const isThere = start >= 0 && this.#runEnclosed(pc + 1, start) !== NOWHERE
          if (isNegative) this.#undo(changes)
          fails = isThere === isNegative
          pc = x[pc] as number
          break
        }
        default:
          fails = true
      }
      if (!fails) continue
      if (ways.length === bottom) return NOWHERE
      this.#undo(ways.pop() as number) // three at a time
      at = ways.pop() as number
      pc = ways.pop() as number
    }
  }

  #save(register: number, value: number): void {
    if (this.#changes.length > MEMORY_MAX) throw new StepsExceededError('too much to remember')
    this.#changes.push(register, this.#registers[register] as number)
    this.#registers[register] = value
  }

  #undo(length: number): void {
    const changes = this.#changes
    while (changes.length > length) {
      const value = changes.pop() as number // two at a time
      this.#registers[changes.pop() as number] = value
    }
  }

  /** Length of what a group has taken if it is at `at` again, else NOWHERE. A group that took nothing is nowhere. */
  #repeated(group: number, at: number, ignoreCase: boolean): number {
    const start = this.#registers[2 * group] as number
    const end = this.#registers[2 * group + 1] as number
    if (start === NOWHERE || end < start || at + end - start > this.#end) return NOWHERE
    this.#steps += end - start
    for (let i = start; i < end; i++) {
      const a = this.#text[i] as number
      const b = this.#text[at + i - start] as number
      if (a !== b && !(ignoreCase && lower(a) === lower(b))) return NOWHERE
    }
    return end - start
  }

  #holds(assertion: AssertionKind, at: number): boolean {
    const text = this.#text
    const end = this.#end
    const before = at > 0 && hasByte(WORD, text[at - 1] as number)
    const behind = at < end && hasByte(WORD, text[at] as number)
    switch (assertion) {
      case 'start':
        return at === 0
      case 'end':
        return at === end
      case 'end-or-newline':
        return at === end || (at === end - 1 && text[at] === NEWLINE)
      case 'line-start':
        return at === 0 || text[at - 1] === NEWLINE
      case 'line-end':
        return at === end || text[at] === NEWLINE
      case 'word-border':
        return before !== behind
      case 'no-word-border':
        return before === behind
      case 'word-start':
        return !before && behind
      case 'word-end':
        return before && !behind
      case 'word-start-half':
        return !before
      case 'word-end-half':
        return !behind
    }
  }
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
}
