import type { Repository } from '@composefs/repository'
import type { OciFinding } from './finding.ts'
import type { StreamCache } from './stream-cache.ts'

/** What the check of one image needs. */
export interface CheckImageContext {
  readonly repository: Repository
  readonly streams: StreamCache
  /** Names of streams that have been looked at as parts of images. */
  readonly seen: Set<string>
  /** Hash all content. */
  readonly content: boolean
  readonly signal: AbortSignal | undefined
  add(finding: Omit<OciFinding, 'name'>): void
}
