import { showUtf8 } from '@composefs/bytes'
import { type Algorithm, Digest, objectPathSize, readObjectPath } from '@composefs/fsverity'
import type { Repository } from '../repository.ts'
import { Verity } from '../verity.ts'
import type { CheckLog } from './check-log.ts'
import { entriesOf } from './entries.ts'
import type { CheckFinding } from './finding.ts'
import { checkLargeObjects } from './large-objects.ts'
import { measureObject, whatIsNoFile } from './measure-object.ts'
import { objectDirectories } from './object-directories.ts'
import { digestMismatch, type NamedObject, ObjectSlots } from './object-slots.ts'

/** How to check objects. */
export interface CheckObjectsOptions {
  onChecked(done: number): void
  readonly signal: AbortSignal | undefined
}

/**
 * Checks that every file in the directories of objects has the content that its name says. What is found is told in the
 * order of the names, but for what is in the content of objects, which comes last.
 */
export async function checkObjects(
  repository: Repository,
  log: CheckLog,
  { onChecked, signal }: CheckObjectsOptions,
): Promise<void> {
  const { layout, algorithm } = repository
  const verity = createVerity(repository)
  const left: NamedObject[] = []
  let done = 0
  const settle = (finding: CheckFinding | undefined) => {
    if (finding !== undefined) log.addBadObject(finding)
    onChecked(++done)
    signal?.throwIfAborted()
  }
  const lookAgain = async () => {
    await slots.drain()
    await checkLargeObjects(repository, left.splice(0), { onChecked: settle, signal })
  }
  const begin = () =>
    new ObjectSlots(repository, { onChecked: settle, onLeft: object => void left.push(object) })
  const readName = createNameReader(algorithm)
  let slots = begin()
  try {
    for (const directory of objectDirectories(layout, log)) {
      const entries = entriesOf(`${layout.objects}/${directory}`, `objects/${directory}`, log)
      for (const entry of entries) {
        log.counts.objectsChecked += 1
        if (slots.isFull) await slots.next()
        const digest = readName(directory, entry.name)
        if (digest === undefined) {
          const path = `objects/${directory}/${showUtf8(entry.name)}`
          slots.addChecked(invalidName(path, algorithm))
          continue
        }
        const path = `objects/${directory}/${entry.name.toString('latin1')}`
        if (verity.isUnsupported && entry.isFile()) {
          slots.add(digest, path)
          continue
        }
        const object = { path, digest: new Digest(algorithm, digest.slice()) }
        const isFile = entry.isFile()
        const known = lookAt(object, { file: `${layout.root}/${path}`, isFile, verity })
        if (known === 'unknown') slots.add(digest, path)
        else slots.addChecked(known)
      }
      // Whoever lost everything does not lose the memory too.
      if (left.length >= LEFT_MAX) {
        await lookAgain()
        slots = begin()
      }
    }
    await lookAgain()
  } finally {
    await slots.abort()
  }
}

/** Objects that are left for a second look at a time. */
const LEFT_MAX = 4096

/** Makes a reader of objects' names in either case. What it returns is valid until the next call. */
function createNameReader({ digestSize }: Algorithm) {
  const path = Buffer.alloc(objectPathSize(digestSize), '/')
  const digest = new Uint8Array(digestSize)
  return (directory: string, name: Uint8Array): Uint8Array | undefined => {
    if (name.length !== path.length - 3) return undefined
    path.write(directory, 0, 'latin1')
    path.set(name, 3)
    return readObjectPath(path, 0, digest) ? digest : undefined
  }
}

/** What is found in an object without reading it; `unknown` when it has to be read. */
function lookAt(
  object: NamedObject,
  { file, isFile, verity }: { file: string; isFile: boolean; verity: Verity },
): CheckFinding | undefined | 'unknown' {
  const finding = (kind: CheckFinding['kind'], detail: string) => ({ kind, detail, ...object })
  const measured = isFile ? measureObject(file, verity) : whatIsNoFile(file)
  switch (measured.state) {
    case 'unopened':
      return finding('object-open-failed', measured.reason)
    case 'failed':
      return finding('object-verity-failed', measured.reason)
    case 'missing':
      return finding('object-verity-missing', '')
    case 'measured':
      return digestMismatch(object, measured.digest)
    case 'unmeasured':
      return 'unknown'
  }
}

function invalidName(path: string, { digestSize, name }: Algorithm): CheckFinding {
  const detail = `not the ${2 * digestSize - 2} hex digits that a ${name} digest has after its first byte`
  return { kind: 'object-invalid-name', path, detail }
}

function createVerity({ system, algorithm, hashing, secure }: Repository): Verity {
  return new Verity({ system, algorithm, hashing, required: secure, verify: false })
}
