/**
 * What does not show in a log, or changes how its neighbours show: control characters and marks of direction. White
 * space stays.
 */
const UNSHOWN = /(?![\t\n])[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu

/** A layout may have names of megabytes, and the runner takes no summary of more than one. */
const LENGTH_MAX = 4000

/** Text from anywhere, so that all of it can be seen, and no more than a person reads. */
export function shownText(text: string): string {
  const start = text.length > LENGTH_MAX ? `${text.slice(0, LENGTH_MAX).toWellFormed()}…` : text
  return start.replace(UNSHOWN, character => `\\u{${character.charCodeAt(0).toString(16)}}`)
}
