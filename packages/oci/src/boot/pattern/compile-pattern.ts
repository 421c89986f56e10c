import type { AssertionKind, Pattern } from './pattern.ts'
import { Op, type Program } from './program.ts'

/** Assertions by the number that `Op.assert` has for them. */
export const ASSERTIONS: readonly AssertionKind[] = [
  'start',
  'end',
  'end-or-newline',
  'line-start',
  'line-end',
  'word-border',
  'no-word-border',
  'word-start',
  'word-end',
  'word-start-half',
  'word-end-half',
]

/**
 * Appends the instructions of a pattern to the program of an automaton. Groups are not remembered, and `$` never holds:
 * something follows every path.
 *
 * @throws ProgramTooLargeError
 */
export function compileForAutomaton(pattern: Pattern, program: Program): void {
  new Compiler(program, false).compile(pattern)
}

/** What a Backtracker runs. */
export interface BacktrackProgram {
  readonly program: Program
  /** Registers that the program saves places in; those of group n are 2n and 2n + 1. */
  readonly registers: number
}

/**
 * Makes the program of a Backtracker. It begins at instruction 0.
 *
 * @throws ProgramTooLargeError
 */
export function compileForBacktracker(pattern: Pattern, program: Program): BacktrackProgram {
  const compiler = new Compiler(program, true)
  compiler.compile(pattern)
  program.emit(Op.end)
  return { program, registers: compiler.registers }
}

class Compiler {
  readonly #program: Program
  /** For a Backtracker, which remembers groups and must be kept from going round without taking anything. */
  readonly #backtracks: boolean
  registers = 0

  constructor(program: Program, backtracks: boolean) {
    this.#program = program
    this.#backtracks = backtracks
  }

  compile(pattern: Pattern): void {
    if (this.#backtracks) this.registers = 2 * highestGroup(pattern) + 2
    this.#emit(pattern)
  }

  #emit(pattern: Pattern): void {
    const program = this.#program
    switch (pattern.kind) {
      case 'byte':
        program.emit(Op.byte, pattern.byte)
        return
      case 'set':
        program.emit(Op.set, program.setNumber(pattern.set))
        return
      case 'sequence':
        for (const part of pattern.parts) this.#emit(part)
        return
      case 'choice':
        this.#choice(pattern.parts)
        return
      case 'repeat':
        if (pattern.mode === 'possessive') {
          this.#enclosed(Op.atomic, 0, () => this.#repeat(pattern))
        } else this.#repeat(pattern)
        return
      case 'capture':
        this.#capture(pattern.group, pattern.part)
        return
      case 'assertion':
        this.#assertion(pattern.assertion)
        return
      case 'look':
        this.#enclosed(pattern.isNegative ? Op.lookNegative : Op.look, pattern.back, () =>
          this.#emit(pattern.part),
        )
        return
      case 'atomic':
        this.#enclosed(Op.atomic, 0, () => this.#emit(pattern.part))
        return
      case 'backreference':
        program.emit(Op.backreference, pattern.group, pattern.ignoreCase ? 1 : 0)
        return
    }
  }

  #choice(parts: readonly Pattern[]): void {
    const program = this.#program
    const jumps: number[] = []
    for (const [i, part] of parts.entries()) {
      if (i === parts.length - 1) {
        this.#emit(part)
        break
      }
      const split = program.emit(Op.split)
      program.x[split] = program.length
      this.#emit(part)
      jumps.push(program.emit(Op.jump))
      program.y[split] = program.length
    }
    for (const jump of jumps) program.x[jump] = program.length
  }

  #repeat({ part, min, max, mode }: Pattern & { readonly kind: 'repeat' }): void {
    const program = this.#program
    for (let i = 0; i < min; i++) {
      const before = program.length
      this.#emit(part)
      // A part without instructions is the same however often it comes, and the count may be large.
      if (program.length === before) break
    }
    if (max === Number.POSITIVE_INFINITY) {
      this.#loop(part, mode)
      return
    }
    const splits: number[] = []
    for (let i = min; i < max; i++) {
      splits.push(this.#split(mode))
      const before = program.length
      this.#emit(part)
      if (program.length === before) break
    }
    for (const split of splits) this.#setExit(split, mode)
  }

  #loop(part: Pattern, mode: 'greedy' | 'lazy' | 'possessive'): void {
    const program = this.#program
    const split = this.#split(mode)
    const register = this.#backtracks ? this.registers++ : 0
    if (this.#backtracks) program.emit(Op.save, register)
    this.#emit(part)
    const progress = this.#backtracks ? program.emit(Op.progress, register) : undefined
    program.emit(Op.jump, split)
    this.#setExit(split, mode)
    if (progress !== undefined) program.y[progress] = program.length
  }

  /** A split into the next instruction and an exit that is not known yet. */
  #split(mode: 'greedy' | 'lazy' | 'possessive'): number {
    const split = this.#program.emit(Op.split)
    const inside = split + 1
    if (mode === 'lazy') this.#program.y[split] = inside
    else this.#program.x[split] = inside
    return split
  }

  #setExit(split: number, mode: 'greedy' | 'lazy' | 'possessive'): void {
    const program = this.#program
    if (mode === 'lazy') program.x[split] = program.length
    else program.y[split] = program.length
  }

  #capture(group: number, part: Pattern): void {
    if (this.#backtracks) this.#program.emit(Op.save, 2 * group)
    this.#emit(part)
    if (this.#backtracks) this.#program.emit(Op.save, 2 * group + 1)
  }

  #assertion(kind: AssertionKind): void {
    if (this.#backtracks) this.#program.emit(Op.assert, ASSERTIONS.indexOf(kind))
    else this.#program.emit(kind === 'start' ? Op.start : Op.fail)
  }

  #enclosed(op: Op, y: number, emit: () => void): void {
    const program = this.#program
    const head = program.emit(op, 0, y)
    emit()
    program.emit(Op.done)
    program.x[head] = program.length
  }
}

function highestGroup(pattern: Pattern): number {
  switch (pattern.kind) {
    case 'sequence':
    case 'choice':
      return pattern.parts.reduce((most, part) => Math.max(most, highestGroup(part)), 1)
    case 'capture':
      return Math.max(pattern.group, highestGroup(pattern.part))
    case 'repeat':
    case 'look':
    case 'atomic':
      return highestGroup(pattern.part)
    case 'backreference':
      return pattern.group
    case 'byte':
    case 'set':
    case 'assertion':
      return 1
  }
}
