import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { registryNameOf } from './registry-hints.ts'

/**
 * What an image might be meant to be that was named without a transport: what is there, a path, or a name in a registry;
 * undefined for what is none of them.
 */
export function withTransport(reference: unknown): string | undefined {
  if (typeof reference !== 'string') return undefined
  const transport = transportOfPath(reference.replace(/:[^/:]*$/, ''))
  return transport === undefined ? registryNameOf(reference) : `${transport}${reference}`
}

function transportOfPath(path: string): 'oci:' | 'oci-archive:' | undefined {
  if (path === '') return undefined
  if (existsSync(join(path, 'oci-layout'))) return 'oci:'
  if (path.endsWith('.tar')) return 'oci-archive:'
  if (statSync(path, { throwIfNoEntry: false })?.isFile()) return 'oci-archive:'
  return /^(?:\/|\.{1,2}\/)/.test(path) ? 'oci:' : undefined
}
