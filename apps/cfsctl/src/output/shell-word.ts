import { isPrintable } from './printable.ts'

/** Text as one word of a shell command, in quotes where it needs them. */
export function shellWord(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text
  return isPrintable(text) ? `'${text.replaceAll("'", "'\\''")}'` : escapedWord(text)
}

/** Quotes of bash, zsh and ksh: the word is made of escapes of its bytes. */
function escapedWord(text: string): string {
  const pieces = Array.from(text, character => {
    if (character === "'" || character === '\\') return `\\${character}`
    if (isPrintable(character)) return character
    // Three octal digits: a hexadecimal escape would take letters behind it.
    return Array.from(Buffer.from(character), octal).join('')
  })
  return `$'${pieces.join('')}'`
}

function octal(byte: number): string {
  return `\\${byte.toString(8).padStart(3, '0')}`
}
