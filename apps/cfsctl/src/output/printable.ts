/**
 * What does not show on a terminal, or changes how its neighbours show: control characters, separators of lines, and
 * marks of direction, after which a name reads as another one.
 */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u
const EACH_UNPRINTABLE = new RegExp(UNPRINTABLE, 'gu')
/** In JSON newlines stand between the fields; those of strings are escaped. */
const EACH_IN_JSON = /[[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]--\n]/gv

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** True for text that a terminal shows as it is. */
export function isPrintable(text: string): boolean {
  return !UNPRINTABLE.test(text)
}

/**
 * The text with what does not show escaped as in dump files, by the bytes of it: names come from images and may hold any
 * character.
 */
export function printable(text: string): string {
  return text.replace(EACH_UNPRINTABLE, character => SHORT[character] ?? escaped(character))
}

/** JSON of the same value, in which all can be seen whatever its strings hold. */
export function printableJson(json: string): string {
  return json.replace(
    EACH_IN_JSON,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function escaped(character: string): string {
  const bytes = Array.from(Buffer.from(character))
  return bytes.map(byte => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
}
