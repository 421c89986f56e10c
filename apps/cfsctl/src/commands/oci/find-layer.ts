import type { Digest } from '@composefs/fsverity'
import { layerStreamId, readTag } from '@composefs/oci'
import type { Repository } from '@composefs/repository'
import { CliError } from '../../errors/cli-error.ts'
import { shellWord } from '../../output/shell-word.ts'

/** A layer in the repository. */
export interface FoundLayer {
  readonly diffId: string
  readonly stream: Digest
}

const ALGORITHM = 'sha256:'
const HEX = /^[0-9a-f]{64}$/
/** As short as two layers are not expected to agree. */
const PREFIX = /^[0-9a-f]{12,63}$/

/**
 * Finds a stored layer by its diff id, with or without `sha256:`, or by 12 or more of its first digits.
 *
 * @throws CliError layer-not-found, invalid-digest
 */
export function findLayer(repository: Repository, text: string): FoundLayer {
  const hex = text.startsWith(ALGORITHM) ? text.slice(ALGORITHM.length) : text
  if (PREFIX.test(hex)) return findByPrefix(repository, text, layerStreamId(ALGORITHM + hex))
  const diffId = requireDiffId(text, tagHints(repository, text))
  const stream = repository.streams.lookup(layerStreamId(diffId))
  if (stream === undefined) throw notFound(text)
  return { diffId, stream }
}

/**
 * A diff id as it is typed, with `sha256:` in front.
 *
 * @param hints what else helps where it is none
 * @throws CliError invalid-digest
 */
export function requireDiffId(text: string, hints: readonly string[] = []): string {
  const hex = text.startsWith(ALGORITHM) ? text.slice(ALGORITHM.length) : text
  if (HEX.test(hex)) return ALGORITHM + hex
  throw new CliError('invalid-digest', `not the digest of a layer: ${text}`, {
    hints: ['a diff id is sha256: and 64 lower-case hex digits', ...hints],
  })
}

/** Where the layers of an image are told, for those who name the image. */
function tagHints(repository: Repository, text: string): readonly string[] {
  if (readTag(repository, text) === undefined) return []
  return [`the layers of the image are in: cfsctl oci inspect --config ${shellWord(text)}`]
}

function findByPrefix(repository: Repository, text: string, prefix: string): FoundLayer {
  const start = layerStreamId('')
  const found = Array.from(repository.streams.list()).filter(({ id }) => id.startsWith(prefix))
  const [layer] = found
  if (layer === undefined) throw notFound(text)
  if (found.length > 1) {
    throw new CliError('invalid-digest', `${text} is short for ${found.length} layers`, {
      hints: found.slice(0, 5).map(({ id }) => id.slice(start.length)),
    })
  }
  return { diffId: layer.id.slice(start.length), stream: layer.digest }
}

function notFound(text: string): CliError {
  return new CliError('layer-not-found', `Layer ${text} not found`, { context: { layer: text } })
}
