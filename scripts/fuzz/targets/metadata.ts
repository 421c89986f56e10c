import {
  encodeMetadata,
  erofsFormatsOf,
  parseMetadata,
  unknownWriteFeatures,
} from '../../../packages/repository/src/index.ts'
import { equalMetadata, METADATA_SIZE_MAX } from '../../../packages/repository/src/metadata.ts'
import { mutateJson } from '../mutate/json.ts'
import { memberName } from '../mutate/raw-tar.ts'
import { attempt } from '../outcome.ts'
import { Disagreement, type Target } from '../target.ts'
import { vectorMembers } from '../vectors.ts'

/** The meta.json of a repository. */
export const metadataTarget: Target = {
  name: 'metadata',
  seeds: async () =>
    vectorMembers('repo/repos')
      .filter(member => memberName(member).endsWith('meta.json'))
      .map(({ content, size }) => content.subarray(0, size)),
  dictionary: [
    ...[
      '"version"',
      '"algorithm"',
      '"features"',
      '"compatible"',
      '"read-only-compatible"',
      '"extra"',
    ],
    ...['"incompatible"', '"erofs_formats"', '"default"', '"v1_erofs"', '"fsverity-sha512-12"'],
    ...['fsverity-sha256-16', '{}', '[]', 'null', '1', '2', ',', ':'],
  ].map(text => Buffer.from(text)),
  mutate: mutateJson,
  run: runMetadata,
}

function runMetadata(input: Uint8Array): string {
  // Nobody reads a larger file.
  if (input.length > METADATA_SIZE_MAX) return 'large'
  const { value: metadata, outcome } = attempt(() => parseMetadata(input))
  if (metadata === undefined) return outcome
  const again = parseMetadata(encodeMetadata(metadata))
  if (!equalMetadata(metadata, again)) throw new Disagreement('what is written is read as another')
  const formats = erofsFormatsOf(metadata)
  return `ok ${metadata.algorithm.name} ${JSON.stringify(formats)} ${unknownWriteFeatures(metadata).length > 0}`
}
