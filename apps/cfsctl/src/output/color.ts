/** How a word stands out. Colours only decorate: nothing is said by colour alone. */
export type Style = 'error' | 'hint' | 'warning' | 'ok'

const SEQUENCES: Readonly<Record<Style, string>> = {
  error: '\u001b[1;31m',
  hint: '\u001b[36m',
  warning: '\u001b[33m',
  ok: '\u001b[32m',
}
const RESET = '\u001b[0m'

/** What decides whether a stream gets colours. */
export interface ColorSettings {
  /** `--color`. */
  readonly when: 'auto' | 'always' | 'never' | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  /** Asked only where it matters. */
  readonly isTerminal: () => boolean
}

/** `--color` beats NO_COLOR beats CLICOLOR_FORCE and FORCE_COLOR beats whether the stream is a terminal. */
export function wantsColor({ when, env, isTerminal }: ColorSettings): boolean {
  if (when === 'always') return true
  if (when === 'never' || isSet(env.NO_COLOR)) return false
  if (isForced(env.CLICOLOR_FORCE) || isForced(env.FORCE_COLOR)) return true
  return env.TERM !== 'dumb' && isTerminal()
}

/** `text` in that style where `color` is wanted. */
export function paint(text: string, style: Style, color: boolean): string {
  return color ? SEQUENCES[style] + text + RESET : text
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== ''
}

function isForced(value: string | undefined): boolean {
  return isSet(value) && value !== '0'
}
