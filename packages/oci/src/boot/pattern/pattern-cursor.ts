import { PatternSyntaxError } from './pattern.ts'

/** A place in the text of a pattern. */
export class PatternCursor {
  readonly text: string
  at = 0

  constructor(text: string) {
    this.text = text
  }

  get isAtEnd(): boolean {
    return this.at >= this.text.length
  }

  /** The next character, a whole code point. */
  peek(): string | undefined {
    const code = this.text.codePointAt(this.at)
    return code === undefined ? undefined : String.fromCodePoint(code)
  }

  take(): string | undefined {
    const char = this.peek()
    if (char !== undefined) this.at += char.length
    return char
  }

  startsWith(text: string): boolean {
    return this.text.startsWith(text, this.at)
  }

  /** Takes `text` if it is next. */
  accept(text: string): boolean {
    if (!this.startsWith(text)) return false
    this.at += text.length
    return true
  }

  /** Takes everything up to `end`, and `end` itself. */
  takeUntil(end: string): string {
    const index = this.text.indexOf(end, this.at)
    if (index < 0) return this.fail(`no ${end}`)
    const taken = this.text.slice(this.at, index)
    this.at = index + end.length
    return taken
  }

  /** Takes what a sticky expression matches here. */
  match(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.at
    const found = expression.exec(this.text)
    if (found === null) return undefined
    this.at += found[0].length
    return found
  }

  fail(reason: string): never {
    throw new PatternSyntaxError(`${reason}, at character ${this.at}`)
  }
}
