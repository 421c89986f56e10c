import { randomUUID } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { shownText } from './shown-text.ts'

/** What the runner gives to an action. */
export interface RunnerEnvironment {
  readonly [name: string]: string | undefined
}

/** How loud a message is: an annotation of the run each. */
export type Level = 'notice' | 'warning' | 'error'

/**
 * The runner's side of an action: inputs, outputs, annotations, masks and the job summary.
 *
 * All of it is lines on standard output and two files, whose form GitHub documents under "workflow commands". That
 * is less code here than the toolkit would add to the bundle, which brings a client for HTTP and one for tokens.
 */
export class Runner {
  readonly env: RunnerEnvironment
  readonly #write: (line: string) => void
  readonly #masked: string[] = []

  constructor(env: RunnerEnvironment, write: (text: string) => unknown) {
    this.env = env
    this.#write = line => void write(`${line}\n`)
  }

  /** An input, without white space around it; empty when the workflow does not give it. */
  input(name: string): string {
    return (this.env[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] ?? '').trim()
  }

  /** An input that may have white space around it, such as a password. */
  secret(name: string): string {
    const value = this.env[`INPUT_${name.toUpperCase()}`] ?? ''
    this.mask(value)
    return value
  }

  /** Has the text replaced by stars in all that the job logs from now on. */
  mask(text: string): void {
    // The runner looks at lines, so a text of several lines is masked line by line.
    for (const line of text.split(/\r?\n/)) {
      if (line === '') continue
      this.#masked.push(line)
      this.#command('add-mask', {}, line)
    }
  }

  /** The text without what is masked. For text that is escaped later: the runner does not know a secret by its escapes. */
  redact(text: string): string {
    return this.#masked.reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
  }

  /** Writes a line to the log. Text from an image must not come here: a line may be a command. */
  log(line: string): void {
    this.#write(line)
  }

  /** Folds what is logged meanwhile. What fails is told behind it, where it shows. */
  async group<T>(title: string, work: () => Promise<T>): Promise<T> {
    this.log(`::group::${title}`)
    try {
      return await work()
    } finally {
      this.log('::endgroup::')
    }
  }

  /** An annotation of the run. Any text is safe in it. */
  annotate(level: Level, text: string, title?: string): void {
    this.#command(level, title === undefined ? {} : { title }, shownText(this.redact(text)))
  }

  /** Sets an output. */
  output(name: string, value: string): void {
    const file = this.env.GITHUB_OUTPUT
    if (file === undefined || file === '') {
      this.log(`${name}=${escapeData(shownText(value))}`)
      return
    }
    // A value cannot end itself early: nobody knows the mark.
    const mark = `ghadelimiter_${randomUUID()}`
    appendFileSync(file, `${name}<<${mark}\n${value}\n${mark}\n`)
  }

  /** Appends Markdown to the summary of the job. */
  summary(markdown: string): void {
    const file = this.env.GITHUB_STEP_SUMMARY
    if (file !== undefined && file !== '') appendFileSync(file, `${markdown}\n`)
  }

  #command(name: string, properties: Readonly<Record<string, string>>, data: string): void {
    const list = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(value)}`)
    const words = list.length === 0 ? name : `${name} ${list.join(',')}`
    this.#write(`::${words}::${escapeData(data)}`)
  }
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
