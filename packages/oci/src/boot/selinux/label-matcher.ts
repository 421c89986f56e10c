import { encodeUtf8 } from '@composefs/bytes'
import { OciError } from '../../errors.ts'
import { Backtracker } from '../pattern/backtracker.ts'
import { compileForAutomaton, compileForBacktracker } from '../pattern/compile-pattern.ts'
import { type Dialect, type ParsedPattern, parsePattern } from '../pattern/parse-pattern.ts'
import { type AutomatonState, PathAutomaton } from '../pattern/path-automaton.ts'
import { PatternSyntaxError, splitStem } from '../pattern/pattern.ts'
import { Op, Program, ProgramTooLargeError } from '../pattern/program.ts'
import { StemTrie, type TrieNode, TrieTooLargeError } from '../pattern/stem-trie.ts'
import { StepBudget, StepsExceededError } from '../pattern/step-budget.ts'
import type { LabelRule, Policy } from './policy.ts'

/** Instructions of all patterns together: some ten times those of the largest policies in use. */
const INSTRUCTIONS_MAX = 1_000_000
/** Bytes that the beginnings of all patterns and aliases may have, those that are the same counted once. */
const STEMS_MAX = 1_000_000
/**
 * Steps of matching, and more of them for each file: a policy of 5,600 rules takes 2 million for 120,000 files, because
 * steps are only needed for what has not been seen before. Patterns that need a search take some for each file.
 */
const STEPS_MAX = 50_000_000
const STEPS_PER_FILE = 1000
/** What it costs to make a pattern ready to be searched for. */
const STEPS_PER_SEARCH = 500

/** Number of a label, or none. */
export type LabelNumber = number
export const NO_LABEL: LabelNumber = -1

/** Finds the labels of paths. Paths are walked byte by byte, so that the work for a directory serves all below it. */
export class LabelMatcher {
  /** The bytes of each label. */
  readonly labels: readonly Uint8Array[]
  readonly #rules: readonly LabelRule[]
  /** Of each rule: its label, and the byte of its type or 0. */
  readonly #ruleLabels: Int32Array
  readonly #ruleTypes: Uint8Array
  readonly #dialects: Dialect[] = []
  readonly #trie = new StemTrie(STEMS_MAX)
  readonly #program = new Program(INSTRUCTIONS_MAX)
  readonly #budget: StepBudget
  /** Rules by the node of their stem. */
  readonly #stems = new Map<TrieNode, number[]>()
  readonly #entered = new Map<TrieNode, readonly number[]>()
  readonly #aliases = new Map<TrieNode, Uint8Array>()
  /** Rules that are in the program, and the first instruction of each, ascending. */
  readonly #compiled: { readonly first: number; readonly rule: number }[] = []
  readonly #backtrackers = new Map<number, Backtracker>()
  #backtrackInstructions = 0
  readonly #automaton: PathAutomaton

  /**
   * @param files how many paths there are about
   * @throws OciError ERR_OCI_POLICY_BAD_PATTERN, ERR_OCI_POLICY_TOO_COMPLEX
   */
  constructor({ rules, aliases }: Policy, files: number) {
    this.#budget = new StepBudget(STEPS_MAX + STEPS_PER_FILE * files)
    this.#rules = rules
    const labels = new Map<string, LabelNumber>()
    this.#ruleLabels = Int32Array.from(rules, ({ label }) => {
      if (label === undefined) return NO_LABEL
      if (!labels.has(label)) labels.set(label, labels.size)
      return labels.get(label) as LabelNumber // just set
    })
    this.labels = Array.from(labels.keys(), encodeUtf8)
    this.#ruleTypes = Uint8Array.from(rules, ({ type }) => type?.charCodeAt(0) ?? 0)
    for (const [number, rule] of rules.entries()) this.#addStem(number, rule)
    this.#automaton = this.#guarded(undefined, () => {
      for (const [alias, original] of aliases) {
        this.#aliases.set(this.#trie.insert(encodeUtf8(alias)), encodeUtf8(original))
      }
      const enter = (node: TrieNode) => this.#enter(node)
      return new PathAutomaton({ trie: this.#trie, program: this.#program, enter }, this.#budget)
    })
  }

  /** The state before a path. */
  get start(): AutomatonState {
    return this.#automaton.start
  }

  /** The state behind `bytes[start, end)` of a path. */
  walk(from: AutomatonState, bytes: Uint8Array, start?: number, end?: number): AutomatonState {
    return this.#guarded(undefined, () => this.#automaton.steps(from, bytes, start, end))
  }

  /** What to look up instead of the path that led to this state; undefined for the path itself. */
  alias(state: AutomatonState): Uint8Array | undefined {
    return this.#aliases.get(state.node)
  }

  /**
   * The label of the path that led to a state, for a file of a type.
   *
   * @param type byte of the type's letter
   * @param path makes the path; only asked for where a pattern needs to see it as a whole
   */
  label(state: AutomatonState, type: number, path: () => Uint8Array): LabelNumber {
    const entries = this.#automaton.rules(state)
    let text: Uint8Array | undefined
    for (const entry of entries) {
      this.#guarded(undefined, () => this.#budget.spend(1))
      const rule = entry < 0 ? ~entry : entry
      const ruleType = this.#ruleTypes[rule] as number
      if (ruleType !== 0 && ruleType !== type) continue
      if (entry < 0) {
        text ??= withType(path(), type)
        if (!this.#matchesAll(rule, text)) continue
      }
      return this.#ruleLabels[rule] as LabelNumber
    }
    return NO_LABEL
  }

  #addStem(number: number, rule: LabelRule): void {
    this.#guarded(number, () => {
      const { pattern, dialect } = parsePattern(rule.pattern)
      this.#dialects.push(dialect)
      const { stem } = splitStem(pattern)
      const node = this.#trie.insert(stem)
      const numbers = this.#stems.get(node)
      if (numbers === undefined) this.#stems.set(node, [number])
      else numbers.push(number)
    })
  }

  /** The first instructions of the rules whose stem ends at a node. They are made when a path gets there first. */
  #enter(node: TrieNode): readonly number[] {
    const known = this.#entered.get(node)
    if (known !== undefined) return known
    const entered = (this.#stems.get(node) ?? []).map(number =>
      this.#guarded(number, () => this.#compile(number)),
    )
    if (entered.length > 0) this.#entered.set(node, entered)
    return entered
  }

  #compile(number: number): number {
    const { pattern, isRegular } = this.#parsed(number)
    const program = this.#program
    const first = program.length
    this.#compiled.push({ first, rule: number })
    if (isRegular) compileForAutomaton(splitStem(pattern).rest, program)
    program.emit(isRegular ? Op.end : Op.maybe, number)
    return first
  }

  #matchesAll(number: number, text: Uint8Array): boolean {
    return this.#guarded(number, () => {
      this.#budget.spend(text.length)
      return this.#backtracker(number).matches(text, text.length)
    })
  }

  #backtracker(number: number): Backtracker {
    const known = this.#backtrackers.get(number)
    if (known !== undefined) return known
    const { pattern } = this.#parsed(number)
    this.#budget.spend(STEPS_PER_SEARCH)
    const left = INSTRUCTIONS_MAX - this.#backtrackInstructions
    const compiled = compileForBacktracker(pattern, new Program(left))
    this.#backtrackInstructions += compiled.program.length
    const backtracker = new Backtracker(compiled, this.#budget)
    this.#backtrackers.set(number, backtracker)
    return backtracker
  }

  /** Patterns are parsed again when they are needed: few are, and kept they take much memory. */
  #parsed(number: number): ParsedPattern {
    const { pattern } = this.#rules[number] as LabelRule // numbers are of rules
    return parsePattern(pattern, this.#dialects[number])
  }

  /** Runs something, and turns what ends it into errors about the rule it was about. */
  #guarded<T>(number: number | undefined, run: () => T): T {
    try {
      return run()
    } catch (error) {
      const rule = number ?? this.#mostOf(error)
      throw translated(error, rule === undefined ? undefined : this.#rules[rule])
    }
  }

  /** The rule that most of an automaton's threads were of when the steps ran out. */
  #mostOf(error: unknown): number | undefined {
    const threads = error instanceof StepsExceededError ? error.threads : undefined
    let most: number | undefined
    let mostThreads = 0
    let at = 0
    for (const [i, { rule }] of this.#compiled.entries()) {
      const start = at
      const end = this.#compiled[i + 1]?.first ?? Number.POSITIVE_INFINITY
      while (threads !== undefined && at < threads.length && (threads[at] as number) < end) at++
      if (at - start <= mostThreads) continue
      mostThreads = at - start
      most = rule
    }
    return most
  }
}

function withType(path: Uint8Array, type: number): Uint8Array {
  const text = new Uint8Array(path.length + 1)
  text.set(path)
  text[path.length] = type
  return text
}

function translated(error: unknown, rule: LabelRule | undefined): unknown {
  const isSyntax = error instanceof PatternSyntaxError
  if (!isSyntax && !LIMITS.some(limit => error instanceof limit)) return error
  const { message } = error as Error
  const code = isSyntax ? 'ERR_OCI_POLICY_BAD_PATTERN' : 'ERR_OCI_POLICY_TOO_COMPLEX'
  if (rule === undefined) return new OciError(code, `the SELinux policy is too complex: ${message}`)
  const { path, line, pattern } = rule
  return new OciError(code, `/${path}:${line}: pattern ${JSON.stringify(pattern)}: ${message}`, {
    path: `/${path}`,
    line,
  })
}

const LIMITS = [ProgramTooLargeError, StepsExceededError, TrieTooLargeError]
