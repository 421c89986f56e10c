import { paint, type Style } from './color.ts'
import { printable, printableJson } from './printable.ts'

const LOG_LEVELS = ['error', 'warn', 'info', 'debug', 'trace'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Where messages go, and which. */
export interface ConsoleSettings {
  readonly write: (text: string) => void
  readonly isColored: () => boolean
  readonly isQuiet: boolean
  readonly level: LogLevel
  /** Every message is a JSON object with its kind as key, so that programs can read the whole of it. */
  readonly json: boolean
}

/** Messages for people, on standard error. Results never go here. */
export class Console {
  readonly #settings: ConsoleSettings
  #json: boolean
  #color: boolean | undefined
  /** Called before every line: who draws on the terminal makes room for it. */
  beforeLine: (() => void) | undefined

  constructor(settings: ConsoleSettings) {
    this.#settings = settings
    this.#json = settings.json
  }

  /** From now on every message is a JSON object: they stand between others that a program reads. */
  useJson(): void {
    this.#json = true
  }

  get color(): boolean {
    this.#color ??= this.#settings.isColored()
    return this.#color
  }

  error(text: string): void {
    this.#say('error', text)
  }

  hint(text: string): void {
    this.#say('hint', text)
  }

  /** Something that is not as it should be, but did not stop the command. */
  warning(text: string): void {
    if (!this.#settings.isQuiet && this.logs('warn')) this.#say('warning', text)
  }

  /** Something worth knowing. */
  notice(text: string): void {
    if (!this.#settings.isQuiet) this.#plain('notice', text)
  }

  log(level: LogLevel, text: string): void {
    if (this.logs(level)) this.#plain(level, text)
  }

  logs(level: LogLevel): boolean {
    return LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf(this.#settings.level)
  }

  /** A line as it is. */
  line(text: string): void {
    this.beforeLine?.()
    this.#settings.write(`${text}\n`)
  }

  #say(style: Style, text: string): void {
    if (this.#json) this.#plain(style, text)
    else this.line(`${paint(`${style}:`, style, this.color)} ${printable(text)}`)
  }

  #plain(kind: string, text: string): void {
    const shown = this.#json
      ? printableJson(JSON.stringify({ [kind]: text }))
      : `${kind}: ${printable(text)}`
    this.line(shown)
  }
}
