import { createHash } from 'node:crypto'
import type { Descriptor } from '../document/descriptor.ts'
import { requireOciDigest } from '../document/oci-digest.ts'

/** The `data` of a descriptor where it is what the descriptor says; the caller's own. */
export function inlineData(descriptor: Descriptor): Uint8Array | undefined {
  if (descriptor.data === undefined) return undefined
  const data = Buffer.from(descriptor.data, 'base64')
  const { algorithm, encoded } = requireOciDigest(descriptor.digest, 'a blob', ['sha256', 'sha512'])
  const isRight =
    data.length === descriptor.size && createHash(algorithm).update(data).digest('hex') === encoded
  return isRight ? data : undefined
}
