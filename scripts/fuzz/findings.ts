import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export type FindingKind = 'crash' | 'hang' | 'memory'

export interface Finding {
  readonly target: string
  readonly kind: FindingKind
  readonly input: Uint8Array
  /** What happened: the error with its stack, a time, a size. */
  readonly detail: string
  readonly seed: number
  readonly number: number
}

/** Keeps the inputs that something is wrong with, each kind of wrong once. */
export class Findings {
  readonly #directory: string
  readonly #places = new Set<string>()
  count = 0

  constructor(directory: string) {
    this.#directory = directory
  }

  /** Returns the path of the input, or undefined for what is known already. */
  add(finding: Finding): string | undefined {
    const place = `${finding.kind} ${placeOf(finding)}`
    if (this.#places.has(place)) return undefined
    this.#places.add(place)
    this.count++
    mkdirSync(this.#directory, { recursive: true })
    const hash = createHash('sha256').update(finding.input).digest('hex').slice(0, 12)
    const path = join(this.#directory, `${finding.target}-${finding.kind}-${hash}`)
    if (!existsSync(path)) writeFileSync(path, finding.input)
    const { seed, number, detail } = finding
    writeFileSync(`${path}.txt`, `seed ${seed}, input ${number}\n${detail}\n`)
    return path
  }
}

/** The first two frames of the stack that are ours: other inputs come to the same place. */
function placeOf({ kind, detail }: Finding): string {
  if (kind !== 'crash') return ''
  const frames = detail.split('\n').filter(line => line.includes('/packages/'))
  return frames.length > 0
    ? frames.slice(0, 2).join(' ')
    : detail.replace(/\d+/g, '#').slice(0, 200)
}
