import { parseConfig, readSealLabel, SEAL_LABEL } from '../document/config.ts'
import { type JsonObject, parseJson } from '../document/json.ts'
import {
  addMember,
  applyEdits,
  type JsonEdit,
  memberObject,
  replaceValue,
} from '../document/json-edit.ts'
import { parseManifest } from '../document/manifest.ts'
import { OciError } from '../errors.ts'

/**
 * A config with the seal label set to `value`. Only the label changes, or is added: order, white space, numbers and
 * unknown keys stay, so the same input gives the same bytes. A config that has the label already comes back unchanged.
 *
 * @throws OciError the codes of parseConfig, ERR_OCI_BAD_JSON
 */
export function setSealLabel(config: Uint8Array, value: string): Uint8Array {
  // Refuses what readers could understand differently, such as a `Config` beside `config`.
  if (readSealLabel(parseConfig(config).labels) === value) return config
  return applyEdits(config, [labelEdit(config, rootObject(config, 'config'), value)])
}

function labelEdit(document: Uint8Array, root: JsonObject, value: string): JsonEdit {
  const text = JSON.stringify(value)
  const label = `{${JSON.stringify(SEAL_LABEL)}:${text}}`
  const settings = memberObject(root, 'config', 'config')
  if (settings === undefined) {
    return setMember(document, root, { key: 'config', value: `{"Labels":${label}}` })
  }
  const labels = memberObject(settings, 'Labels', 'config.config')
  if (labels === undefined) {
    return setMember(document, settings, { key: 'Labels', value: label })
  }
  return setMember(document, labels, { key: SEAL_LABEL, value: text })
}

/**
 * A manifest whose config descriptor names another config. Only the descriptor's digest and size change, and its `data`
 * where the config is embedded.
 *
 * @throws OciError the codes of parseManifest
 */
export function setManifestConfig(
  manifest: Uint8Array,
  config: { readonly digest: string; readonly json: Uint8Array },
): Uint8Array {
  parseManifest(manifest)
  const root = rootObject(manifest, 'manifest')
  const descriptor = memberObject(root, 'config', 'manifest')
  if (descriptor === undefined) {
    throw new OciError('ERR_OCI_BAD_JSON', 'manifest.config is missing', { offset: root.start })
  }
  const values = new Map([
    ['digest', JSON.stringify(config.digest)],
    ['size', String(config.json.length)],
    ['data', JSON.stringify(Buffer.from(config.json).toString('base64'))],
  ])
  const edits: JsonEdit[] = []
  for (const [key, text] of values) {
    const node = descriptor.members.get(key)?.value
    if (node !== undefined && node.kind !== 'null') edits.push(replaceValue(node, text))
  }
  return applyEdits(manifest, edits)
}

/** Replaces the member, which is absent or of no use, or adds it. */
function setMember(
  document: Uint8Array,
  object: JsonObject,
  member: { readonly key: string; readonly value: string },
): JsonEdit {
  const present = object.members.get(member.key)
  if (present !== undefined) return replaceValue(present.value, member.value)
  return addMember(document, object, member)
}

function rootObject(document: Uint8Array, where: string): JsonObject {
  const root = parseJson(document)
  if (root.kind === 'object') return root
  throw new OciError('ERR_OCI_BAD_JSON', `${where} is not an object`, { offset: 0 })
}
