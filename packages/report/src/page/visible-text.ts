/**
 * What does not show, or changes how its neighbours show: controls, marks of direction, characters without width,
 * separators of lines, lone surrogates, and what has no meaning that everybody knows.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu

/** A name so that all of it can be seen: a name that reads backwards, or like another one, is told by its escapes. */
export function visibleText(text: string): string {
  return text.replace(
    INVISIBLE,
    character => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  )
}
