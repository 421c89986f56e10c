import { isDeepStrictEqual } from 'node:util'
import {
  type JsonNode,
  parseConfig,
  parseIndex,
  parseJson,
  parseManifest,
  readSealLabel,
} from '../../../packages/oci/src/index.ts'
import { setManifestConfig, setSealLabel } from '../../../packages/oci/src/seal/label.ts'
import { parseDockerArchiveEntries } from '../../../packages/oci/src/source/docker-archive-list.ts'
import { mutateJson } from '../mutate/json.ts'
import { attempt, magnitude } from '../outcome.ts'
import { Disagreement, type Target } from '../target.ts'
import { vectorMembers } from '../vectors.ts'

const SEED_SIZE_MAX = 32 << 10
const LABEL = 'ab'.repeat(32)

/** Documents of images: manifests, configs, indexes, the list in an archive of Docker. */
export const jsonTarget: Target = {
  name: 'json',
  seeds: async () =>
    [...vectorMembers('oci'), ...vectorMembers('repo/layouts')]
      .map(({ content, size }) => content.subarray(0, size))
      .filter(bytes => (bytes[0] === 0x7b || bytes[0] === 0x5b) && bytes.length <= SEED_SIZE_MAX),
  dictionary: [
    ...[
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\u0000',
      '\\ud800',
      '\\"',
      'null',
      'true',
      '1e9',
      '-0',
    ],
    ...['"digest"', '"size"', '"mediaType"', '"layers"', '"rootfs"', '"diff_ids"', '\xef\xbb\xbf'],
  ].map(text => Buffer.from(text, 'latin1')),
  mutate: mutateJson,
  run: runJson,
}

function runJson(input: Uint8Array): string {
  const parsed = attempt(() => parseJson(input))
  const other = parseWithRuntime(input)
  if (parsed.value !== undefined) {
    if (other === undefined) throw new Disagreement('JSON.parse refuses it')
    if (!isDeepStrictEqual(plainValue(parsed.value), other.value)) {
      throw new Disagreement('JSON.parse reads another value')
    }
  }
  const documents = [
    attempt(() => parseManifest(input)),
    attempt(() => parseConfig(input)),
    attempt(() => parseIndex(input)),
    attempt(() => parseDockerArchiveEntries(input)),
    attempt(() => checkSealLabel(input)),
    attempt(() => checkManifestConfig(input)),
  ].map(({ outcome }) => outcome)
  return [parsed.outcome, ...documents, parsed.value?.kind, magnitude(input.length)].join(' ')
}

function checkSealLabel(input: Uint8Array): void {
  const sealed = parseConfig(setSealLabel(input, LABEL))
  if (readSealLabel(sealed.labels) !== LABEL) throw new Disagreement('a label that is not there')
  if (!isDeepStrictEqual(sealed.diffIds, parseConfig(input).diffIds)) {
    throw new Disagreement('a label that changes the layers')
  }
}

function checkManifestConfig(input: Uint8Array): void {
  const digest = `sha256:${LABEL}`
  const edited = parseManifest(setManifestConfig(input, { digest, json: Buffer.from('{}') }))
  if (edited.config.digest !== digest || edited.config.size !== 2) {
    throw new Disagreement('a manifest that does not name its new config')
  }
  if (!isDeepStrictEqual(edited.layers, parseManifest(input).layers)) {
    throw new Disagreement('a new config that changes the layers')
  }
}

function parseWithRuntime(input: Uint8Array): { readonly value: unknown } | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(input)
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}

function plainValue(node: JsonNode): unknown {
  switch (node.kind) {
    case 'null':
      return null
    case 'number':
      return Number(node.text)
    case 'array':
      return node.items.map(plainValue)
    case 'object':
      return Object.fromEntries(
        [...node.members].map(([key, { value }]) => [key, plainValue(value)]),
      )
    default:
      return node.value
  }
}
