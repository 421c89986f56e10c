import { SYSTEM_MESSAGES } from './system-errors.ts'

/** Deepest chain of causes that is told: errors are made by us, but a cycle must not hang the last word. */
const DEPTH_MAX = 8

/**
 * The chain of an error and its causes in one line, from general to specific. A cause that its error tells already
 * is left out.
 */
export function messageOf(error: unknown): string {
  const parts: string[] = []
  let current = error
  for (let depth = 0; depth < DEPTH_MAX && current !== undefined; depth++) {
    const part = ownMessage(current)
    if (!parts.some(told => told.includes(part))) parts.push(part)
    current = current instanceof Error ? current.cause : undefined
  }
  return parts.join(': ')
}

function ownMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code, syscall, path, dest } = error as NodeJS.ErrnoException & { dest?: unknown }
  if (syscall !== undefined && code !== undefined) {
    const what = SYSTEM_MESSAGES[code] ?? `${syscall} failed with ${code}`
    const where = [path, dest].filter(part => part !== undefined).map(String)
    return where.length === 0 ? `${syscall}: ${what}` : `${where.join(' -> ')}: ${what}`
  }
  const { facts } = error as { facts?: { layer?: number; diffId?: string; entry?: string } }
  return [placeOf(facts, error.message), error.message].filter(part => part !== '').join(': ')
}

/** The layer and entry an error is about, unless its message tells. */
function placeOf(
  facts: { layer?: number; diffId?: string; entry?: string } | undefined,
  message: string,
): string {
  const { layer, diffId, entry } = facts ?? {}
  const parts: string[] = []
  if (layer !== undefined && !message.includes(`layer ${layer}`)) {
    const isTold = diffId === undefined || message.includes(diffId)
    parts.push(`layer ${layer}${isTold ? '' : ` (${diffId})`}`)
  }
  if (entry !== undefined && !message.includes(entry)) parts.push(entry)
  return parts.join(': ')
}
