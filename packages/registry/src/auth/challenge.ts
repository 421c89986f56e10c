/** One challenge of a WWW-Authenticate header (RFC 9110, section 11.6.1). */
export interface Challenge {
  /** In lower case: `bearer`, `basic`. */
  readonly scheme: string
  /** By names in lower case. */
  readonly parameters: ReadonlyMap<string, string>
}

/** What a registry needs for its challenges fits many times. */
const HEADER_LENGTH_MAX = 16_384

const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y
const QUOTED = /"((?:[^"\\]|\\[\s\S])*)"/y
const TOKEN68 = /[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))/y
const SPACE = /[ \t]*/y
const COMMAS = /[ \t]*(?:,[ \t]*)*/y

/**
 * Reads a WWW-Authenticate header, which may hold several challenges. Reading ends at what is none; those before it
 * count.
 *
 * @example
 * parseChallenges('Bearer realm="https://auth.example/token",service="registry"')
 */
export function parseChallenges(header: string): Challenge[] {
  const challenges: Challenge[] = []
  if (header.length > HEADER_LENGTH_MAX) return challenges
  const reader = new HeaderReader(header)
  reader.match(COMMAS)
  for (let scheme = reader.match(TOKEN); scheme !== undefined; scheme = reader.match(TOKEN)) {
    const parameters = new Map<string, string>()
    challenges.push({ scheme: scheme.toLowerCase(), parameters })
    reader.match(SPACE)
    readParameters(reader, parameters)
  }
  return challenges
}

/** A parameter is a name with `=`; a name without is the scheme of the next challenge. */
function readParameters(reader: HeaderReader, parameters: Map<string, string>): void {
  // Other schemes than ours have one value without a name.
  reader.match(TOKEN68)
  while (true) {
    reader.match(COMMAS)
    const start = reader.offset
    const name = reader.match(TOKEN)
    reader.match(SPACE)
    if (name === undefined || !reader.eat('=')) {
      reader.offset = start
      return
    }
    reader.match(SPACE)
    const value = reader.matchQuoted() ?? reader.match(TOKEN)
    if (value === undefined) return
    parameters.set(name.toLowerCase(), value)
  }
}

class HeaderReader {
  readonly #text: string
  offset = 0

  constructor(text: string) {
    this.#text = text
  }

  match(pattern: RegExp): string | undefined {
    return this.#exec(pattern)?.[0]
  }

  matchQuoted(): string | undefined {
    return this.#exec(QUOTED)?.[1]?.replace(/\\([\s\S])/g, '$1')
  }

  eat(character: string): boolean {
    if (this.#text[this.offset] !== character) return false
    this.offset++
    return true
  }

  #exec(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.offset
    const found = pattern.exec(this.#text)
    if (found === null) return undefined
    this.offset = pattern.lastIndex
    return found
  }
}
