const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** The text with its control characters escaped as in dump files: names come from images and may hold any of them. */
export function printable(text: string): string {
  return text.replace(CONTROL, character => SHORT[character] ?? escaped(character))
}

function escaped(character: string): string {
  return `\\x${(character.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`
}
