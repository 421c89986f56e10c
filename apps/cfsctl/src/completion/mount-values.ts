import { composefsMounts } from '@composefs/linux'
import type { Candidate } from './candidates.ts'

const ATTRIBUTES = [
  { value: 'nodev', description: 'no devices' },
  { value: 'nosuid', description: 'no set-user-id programs' },
  { value: 'noexec', description: 'no programs' },
  { value: 'noatime', description: 'no times of access' },
] as const satisfies readonly Candidate[]

const COMPOSEFS = [
  { value: 'basedir=', description: 'directories of objects' },
  { value: 'digest=', description: 'fs-verity digest that the image has to have' },
  { value: 'verity', description: 'check every file that is read' },
  { value: 'tryverity', description: 'check every file that is read, if it can be done' },
  { value: 'upperdir=', description: 'where changes go' },
  { value: 'workdir=', description: 'beside the upper directory' },
  { value: 'idmap=', description: 'a user namespace that maps owners' },
  { value: 'ro', description: 'read-only' },
  { value: 'rw', description: 'changes allowed' },
] as const satisfies readonly Candidate[]

/** Options behind the last comma that are not there yet. */
export function mountOptionCandidates(text: string, isComposefs: boolean): Candidate[] {
  const end = text.lastIndexOf(',') + 1
  const before = text.slice(0, end)
  const present = new Set(before.split(',').map(option => option.replace(/=.*/s, '=')))
  return [...(isComposefs ? COMPOSEFS : []), ...ATTRIBUTES]
    .filter(({ value }) => !present.has(value))
    .map(({ value, description }) => ({ value: before + value, description }))
}

/** Where composefs images are mounted. */
export function mountpointCandidates(): Candidate[] {
  try {
    return composefsMounts().map(({ target, source }) => ({ value: target, description: source }))
  } catch {
    return []
  }
}
