import { OciError } from '../errors.ts'
import type { JsonNode, JsonObject } from './json.ts'

/**
 * An object of a document whose keys are known, read by name and type. `null` counts as absent, as Go's writers and
 * readers have it.
 *
 * Every error names the place (`manifest.layers[2].size`) and its byte offset.
 */
export class JsonRecord {
  readonly node: JsonObject
  readonly where: string

  /**
   * @param known the keys that mean something here; others are data
   * @throws OciError ERR_OCI_BAD_JSON when `node` is no object, ERR_OCI_AMBIGUOUS_KEY when a known key stands there in
   * another spelling: readers that ignore case would take it for the known one
   */
  constructor(node: JsonNode, where: string, known: readonly string[]) {
    if (node.kind !== 'object') throw wrongType(node, where, 'an object')
    this.node = node
    this.where = where
    for (const [key, member] of node.members) {
      const folded = foldCase(key)
      const meant = known.find(name => name !== key && foldCase(name) === folded)
      if (meant !== undefined) {
        throw new OciError(
          'ERR_OCI_AMBIGUOUS_KEY',
          `${where}: key ${JSON.stringify(key)} is another spelling of "${meant}"`,
          { offset: member.keyStart, expected: meant, actual: key },
        )
      }
    }
  }

  /** True when the key is there, even as `null`. */
  has(key: string): boolean {
    return this.node.members.has(key)
  }

  /** The value as it stands in the document; undefined when absent or `null`. */
  child(key: string): JsonNode | undefined {
    const node = this.node.members.get(key)?.value
    return node?.kind === 'null' ? undefined : node
  }

  requireChild(key: string): JsonNode {
    return this.child(key) ?? this.#missing(key)
  }

  string(key: string): string | undefined {
    const node = this.child(key)
    if (node === undefined) return undefined
    if (node.kind !== 'string') throw wrongType(node, this.#at(key), 'a string')
    return node.value
  }

  requireString(key: string): string {
    return this.string(key) ?? this.#missing(key)
  }

  /** A plain integer from 0 to 2^53 - 1: no sign, fraction or exponent. */
  requireSize(key: string): number {
    const node = this.requireChild(key)
    const value = node.kind === 'number' && /^\d+$/.test(node.text) ? Number(node.text) : Number.NaN
    if (!Number.isSafeInteger(value)) {
      throw wrongType(node, this.#at(key), 'a plain integer from 0 to 2^53 - 1')
    }
    return value
  }

  record(key: string, known: readonly string[]): JsonRecord | undefined {
    const node = this.child(key)
    return node === undefined ? undefined : new JsonRecord(node, this.#at(key), known)
  }

  requireRecord(key: string, known: readonly string[]): JsonRecord {
    return new JsonRecord(this.requireChild(key), this.#at(key), known)
  }

  list(key: string): readonly JsonNode[] | undefined {
    const node = this.child(key)
    if (node === undefined) return undefined
    if (node.kind !== 'array') throw wrongType(node, this.#at(key), 'a list')
    return node.items
  }

  /** A list that must be there; `null` is an empty one. */
  requireList(key: string): readonly JsonNode[] {
    return this.list(key) ?? (this.has(key) ? [] : this.#missing(key))
  }

  strings(key: string): readonly string[] {
    return (this.list(key) ?? []).map((node, i) => {
      if (node.kind !== 'string') throw wrongType(node, `${this.#at(key)}[${i}]`, 'a string')
      return node.value
    })
  }

  /** An object whose values are all strings, such as annotations and labels; empty when absent. */
  stringMap(key: string): ReadonlyMap<string, string> {
    const record = this.record(key, [])
    const map = new Map<string, string>()
    for (const [name, { value }] of record?.node.members ?? []) {
      if (value.kind !== 'string' && value.kind !== 'null') {
        throw wrongType(value, `${this.#at(key)}[${JSON.stringify(name)}]`, 'a string')
      }
      map.set(name, value.kind === 'string' ? value.value : '')
    }
    return map
  }

  #at(key: string): string {
    return `${this.where}.${key}`
  }

  #missing(key: string): never {
    throw new OciError('ERR_OCI_BAD_JSON', `${this.#at(key)} is missing`, {
      offset: this.node.start,
    })
  }
}

function wrongType(node: JsonNode, where: string, expected: string): OciError {
  return new OciError('ERR_OCI_BAD_JSON', `${where} is not ${expected}`, {
    offset: node.start,
    expected,
    actual: node.kind,
  })
}

/** Go's encoding/json matches keys under simple case folding, which takes `ſ` for `s` and the Kelvin sign for `k`. */
function foldCase(key: string): string {
  return key.replaceAll('ſ', 's').replaceAll('\u212a', 'k').toLowerCase()
}
