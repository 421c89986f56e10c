import { decodeUtf8, encodeUtf8, hexDigit, showUtf8 } from '@composefs/bytes'
import { OciError } from '../errors.ts'

/** Deepest nesting of arrays and objects. */
export const JSON_DEPTH_MAX = 64

/** Largest document in bytes: twice what registries and other tools take for a manifest, and read whole into memory. */
export const JSON_SIZE_MAX = 8 << 20

/**
 * Most values in a document, thousands of times what real ones have: the tree of a hostile one (`[{},{},…`) takes some
 * hundred bytes for each.
 */
const JSON_VALUES_MAX = 1 << 18

/** Pieces of a string with escapes that are joined at once. One by one, each would cost more than its characters. */
const PIECES_MAX = 1024

/**
 * A value of a JSON document, with the bytes it takes up.
 *
 * Numbers stay text, since an image may hold integers above 2^53. Members are a Map, so `__proto__` is a key like
 * any other.
 */
export type JsonNode = JsonNull | JsonBoolean | JsonNumber | JsonString | JsonArray | JsonObject

/** Where a value stands in the bytes of its document: `start` is its first byte, `end` the one behind it. */
interface JsonSpan {
  readonly start: number
  readonly end: number
}

/** `null`. */
export interface JsonNull extends JsonSpan {
  readonly kind: 'null'
}

/** `true` or `false`. */
export interface JsonBoolean extends JsonSpan {
  readonly kind: 'boolean'
  readonly value: boolean
}

/** A number, which is no number yet: it has the digits of the document. */
export interface JsonNumber extends JsonSpan {
  readonly kind: 'number'
  /** As written. */
  readonly text: string
}

/** A string, its escapes resolved. */
export interface JsonString extends JsonSpan {
  readonly kind: 'string'
  readonly value: string
}

/** A list of values. */
export interface JsonArray extends JsonSpan {
  readonly kind: 'array'
  readonly items: readonly JsonNode[]
}

/** Values by their keys. */
export interface JsonObject extends JsonSpan {
  readonly kind: 'object'
  /** In the order of the document. */
  readonly members: ReadonlyMap<string, JsonMember>
}
/** One member of an object; `keyStart` is the offset of the key's opening quote. */
export interface JsonMember {
  readonly keyStart: number
  readonly value: JsonNode
}

/**
 * Reads one JSON value with nothing but white space around it.
 *
 * Stricter than RFC 8259 where readers are known to disagree: UTF-8 without a byte order mark, no key twice in an
 * object, no lone surrogate behind `\u`, at most JSON_DEPTH_MAX levels. Errors carry the byte offset.
 *
 * @throws OciError ERR_OCI_BAD_JSON, ERR_OCI_DUPLICATE_KEY
 *
 * @example
 * const node = parseJson(encodeUtf8('{"schemaVersion": 2}'))
 * node.kind === 'object' && node.members.get('schemaVersion')?.value.kind // 'number'
 */
export function parseJson(bytes: Uint8Array): JsonNode {
  if (bytes.length > JSON_SIZE_MAX) {
    throw new OciError('ERR_OCI_BAD_JSON', `a document of more than ${JSON_SIZE_MAX} bytes`, {
      expected: JSON_SIZE_MAX,
      actual: bytes.length,
    })
  }
  const parser = new Parser(bytes)
  parser.assertUtf8()
  const node = parser.value(0)
  parser.end()
  return node
}

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const BACKSLASH = 0x5c
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

const ESCAPES: Readonly<Record<number, string>> = {
  34: '"',
  47: '/',
  92: '\\',
  98: '\b',
  102: '\f',
  110: '\n',
  114: '\r',
  116: '\t',
}

class Parser {
  readonly #bytes: Uint8Array
  #at = 0
  #values = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** The parser works on bytes; whatever it cuts between ASCII quotes is valid once the whole is. */
  assertUtf8(): void {
    const bytes = this.#bytes
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
      throw this.#error('byte order mark', 0)
    }
    if (decodeUtf8(bytes) === undefined) throw this.#error('not UTF-8', firstInvalidUtf8(bytes))
  }

  end(): void {
    this.#skipSpace()
    if (this.#at < this.#bytes.length) throw this.#error('bytes behind the value')
  }

  value(depth: number): JsonNode {
    this.#skipSpace()
    const start = this.#at
    if (++this.#values > JSON_VALUES_MAX) {
      throw this.#error(`more than ${JSON_VALUES_MAX} values`, start)
    }
    switch (this.#bytes[start]) {
      case OPEN_BRACE:
        return this.#object(depth + 1)
      case OPEN_BRACKET:
        return this.#array(depth + 1)
      case QUOTE: {
        const value = this.#string()
        return { kind: 'string', value, start, end: this.#at }
      }
      case 0x74:
        this.#literal('true')
        return { kind: 'boolean', value: true, start, end: this.#at }
      case 0x66:
        this.#literal('false')
        return { kind: 'boolean', value: false, start, end: this.#at }
      case 0x6e:
        this.#literal('null')
        return { kind: 'null', start, end: this.#at }
      default: {
        const text = this.#number()
        return { kind: 'number', text, start, end: this.#at }
      }
    }
  }

  #object(depth: number): JsonObject {
    const start = this.#enter(depth)
    const members = new Map<string, JsonMember>()
    this.#skipSpace()
    if (this.#bytes[this.#at] === CLOSE_BRACE) {
      this.#at++
      return { kind: 'object', members, start, end: this.#at }
    }
    while (true) {
      this.#skipSpace()
      const keyStart = this.#at
      if (this.#bytes[keyStart] !== QUOTE) throw this.#error('expected a key')
      const key = this.#string()
      if (members.has(key)) {
        throw new OciError(
          'ERR_OCI_DUPLICATE_KEY',
          `key ${JSON.stringify(key)} twice in an object`,
          {
            offset: keyStart,
          },
        )
      }
      this.#skipSpace()
      if (this.#bytes[this.#at] !== COLON) throw this.#error("expected ':'")
      this.#at++
      members.set(key, { keyStart, value: this.value(depth) })
      this.#skipSpace()
      const byte = this.#bytes[this.#at]
      if (byte === CLOSE_BRACE) break
      if (byte !== COMMA) throw this.#error("expected ',' or '}'")
      this.#at++
    }
    this.#at++
    return { kind: 'object', members, start, end: this.#at }
  }

  #array(depth: number): JsonArray {
    const start = this.#enter(depth)
    const items: JsonNode[] = []
    this.#skipSpace()
    if (this.#bytes[this.#at] === CLOSE_BRACKET) {
      this.#at++
      return { kind: 'array', items, start, end: this.#at }
    }
    while (true) {
      items.push(this.value(depth))
      this.#skipSpace()
      const byte = this.#bytes[this.#at]
      if (byte === CLOSE_BRACKET) break
      if (byte !== COMMA) throw this.#error("expected ',' or ']'")
      this.#at++
    }
    this.#at++
    return { kind: 'array', items, start, end: this.#at }
  }

  #enter(depth: number): number {
    const start = this.#at
    if (depth > JSON_DEPTH_MAX) throw this.#error(`more than ${JSON_DEPTH_MAX} levels`, start)
    this.#at++
    return start
  }

  #string(): string {
    const bytes = this.#bytes
    const opening = this.#at
    let from = opening + 1
    let text = ''
    let pieces: string[] = []
    for (let at = from; ; at++) {
      const byte = bytes[at]
      if (byte === undefined) throw this.#error('a string without end', opening)
      if (byte < 0x20) throw this.#error('a control character in a string', at)
      if (byte !== QUOTE && byte !== BACKSLASH) continue
      pieces.push(this.#slice(from, at))
      if (byte === QUOTE) {
        this.#at = at + 1
        return text + pieces.join('')
      }
      if (pieces.length >= PIECES_MAX) {
        text += pieces.join('')
        pieces = []
      }
      const letter = bytes[at + 1]
      if (letter === 0x75) {
        const unit = this.#unit(at)
        const isHigh = unit >= 0xd800 && unit <= 0xdbff
        const low = isHigh && bytes[at + 6] === BACKSLASH && bytes[at + 7] === 0x75
        const second = low ? this.#unit(at + 6) : 0
        if (isHigh ? second < 0xdc00 || second > 0xdfff : unit >= 0xdc00 && unit <= 0xdfff) {
          throw this.#error('a lone surrogate', at)
        }
        pieces.push(isHigh ? String.fromCharCode(unit, second) : String.fromCharCode(unit))
        at += isHigh ? 11 : 5
      } else {
        const character = letter === undefined ? undefined : ESCAPES[letter]
        if (character === undefined) throw this.#error('an unknown escape', at)
        pieces.push(character)
        at++
      }
      from = at + 1
    }
  }

  /** The UTF-16 unit of the `\uXXXX` that begins at `at`. */
  #unit(at: number): number {
    let unit = 0
    for (let i = at + 2; i < at + 6; i++) {
      const digit = hexDigit(this.#bytes[i] ?? 0)
      if (digit < 0) throw this.#error('an unknown escape', at)
      unit = unit * 16 + digit
    }
    return unit
  }

  #number(): string {
    const start = this.#at
    let at = start
    const digits = () => {
      const from = at
      while (isDigit(this.#bytes[at])) at++
      return at - from
    }
    if (this.#bytes[at] === 0x2d) at++
    const leadsWithZero = this.#bytes[at] === 0x30
    const whole = digits()
    if (whole === 0) throw this.#error('expected a value', start)
    if (leadsWithZero && whole > 1) throw this.#error('a number with a leading zero', start)
    if (this.#bytes[at] === 0x2e) {
      at++
      if (digits() === 0) throw this.#error('a number that ends in a dot', start)
    }
    if (this.#bytes[at] === 0x65 || this.#bytes[at] === 0x45) {
      at++
      if (this.#bytes[at] === 0x2b || this.#bytes[at] === 0x2d) at++
      if (digits() === 0) throw this.#error('a number without its exponent', start)
    }
    this.#at = at
    return this.#slice(start, at)
  }

  #literal(word: string): void {
    const start = this.#at
    for (let i = 0; i < word.length; i++) {
      if (this.#bytes[start + i] !== word.charCodeAt(i))
        throw this.#error('expected a value', start)
    }
    this.#at = start + word.length
  }

  #skipSpace(): void {
    while (true) {
      const byte = this.#bytes[this.#at]
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return
      this.#at++
    }
  }

  #slice(from: number, to: number): string {
    return from === to ? '' : (decodeUtf8(this.#bytes.subarray(from, to)) ?? '')
  }

  #error(what: string, offset = this.#at): OciError {
    const at = offset >= this.#bytes.length ? 'at the end' : `at byte ${offset}`
    return new OciError('ERR_OCI_BAD_JSON', `not JSON: ${what} ${at}`, { offset })
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39
}

/** Offset of the first byte that begins no valid UTF-8 sequence. */
function firstInvalidUtf8(bytes: Uint8Array): number {
  const text = showUtf8(bytes)
  let offset = 0
  let from = 0
  while (true) {
    const replaced = text.indexOf('\ufffd', from)
    if (replaced < 0) return bytes.length
    offset += encodeUtf8(text.slice(from, replaced)).length
    const isLiteral =
      bytes[offset] === 0xef && bytes[offset + 1] === 0xbf && bytes[offset + 2] === 0xbd
    if (!isLiteral) return offset
    offset += 3
    from = replaced + 1
  }
}
