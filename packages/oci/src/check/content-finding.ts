import type { Digest } from '@composefs/fsverity'
import type { OciFinding } from './finding.ts'
import type { StreamProblem } from './stream-content.ts'

/** The finding about the content of a stream; undefined when it cannot be opened, which is not about its content. */
export function contentFinding(
  { kind, detail }: StreamProblem,
  stream: Digest,
): Omit<OciFinding, 'name'> | undefined {
  switch (kind) {
    case 'unopened':
      return undefined
    case 'invalid':
      return { kind: 'stream-content-invalid', detail, object: stream }
    case 'size-mismatch':
      return { kind: 'stream-size-mismatch', detail }
    case 'digest-mismatch':
      return { kind: 'content-digest-mismatch', detail }
  }
}
