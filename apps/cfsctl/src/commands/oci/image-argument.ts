import type { Option, Positional } from '../../command.ts'

/** A stored image. */
export const imageArgument = {
  name: 'image',
  completes: 'container-image',
  summary:
    'A tag, [@]sha256:DIGEST of a manifest or config, TAG@sha256:DIGEST, or 12 or more first digits of a digest',
} as const satisfies Positional

/** What the commands that build the tree of an image have in common. */
export const verityArgument = {
  name: 'verity',
  completes: 'nothing',
  optional: true,
  summary:
    'Id of the stream of the config, where IMAGE is the digest of one: opened by it, unhashed',
} as const satisfies Positional

/** Parents that no layer has. */
export const strictOption = {
  name: 'strict',
  summary: 'Fail where a layer leaves out a parent directory, instead of making it',
} as const satisfies Option

/** How large layers may be. */
export const layerSizeOption = {
  name: 'max-layer-size',
  value: { kind: 'integer', label: 'BYTES', min: 1, max: Number.MAX_SAFE_INTEGER },
  summary: 'How much a layer may unfold to; default: 4 GiB, and 100 times the size of its blob',
} as const satisfies Option
