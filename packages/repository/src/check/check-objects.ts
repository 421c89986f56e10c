import { showUtf8 } from '@composefs/bytes'
import { type Algorithm, Digest } from '@composefs/fsverity'
import { isFileError, reasonOf } from '../reason.ts'
import type { Repository } from '../repository.ts'
import { Turns } from '../turns.ts'
import { Verity } from '../verity.ts'
import type { CheckLog } from './check-log.ts'
import { entriesOf } from './entries.ts'
import type { FileDigester } from './file-digester.ts'
import type { CheckFinding } from './finding.ts'
import { measureObject } from './measure-object.ts'
import { objectDirectories } from './object-directories.ts'
import type { PresentObjects } from './present-objects.ts'

/** How to check objects. */
export interface CheckObjectsOptions {
  readonly digester: FileDigester
  /** Gets the objects that are there, whatever is in them. */
  readonly present: PresentObjects
  onChecked(done: number): void
  readonly signal: AbortSignal | undefined
}

const UPPER_CASE = /[A-F]/

type Outcome = CheckFinding | undefined

/** Checks that every file in the directories of objects has the content that its name says. */
export async function checkObjects(
  repository: Repository,
  log: CheckLog,
  { digester, present, onChecked, signal }: CheckObjectsOptions,
): Promise<void> {
  const { layout, algorithm } = repository
  const verity = createVerity(repository)
  const turns = new Turns(signal)
  /** What has been asked for, in order: what is found is told in the order of the names. */
  const pending: Promise<Outcome>[] = []
  let done = 0
  const settle = async (limit: number) => {
    while (pending.length > limit) {
      const finding = await pending.shift()
      if (finding !== undefined) log.addBadObject(finding)
      onChecked(++done)
    }
    if (turns.isOver) await turns.give()
  }
  for (const directory of objectDirectories(layout, log)) {
    for (const entry of entriesOf(`${layout.objects}/${directory}`, `objects/${directory}`, log)) {
      log.counts.objectsChecked += 1
      const name = entry.name.toString('latin1')
      const path = `objects/${directory}/${showUtf8(entry.name)}`
      const digest = Digest.fromHex(directory + name, algorithm)
      // Objects are looked for by their lower-case names.
      if (digest !== undefined && entry.isFile() && !UPPER_CASE.test(name)) present.add(digest)
      const outcome =
        digest === undefined
          ? Promise.resolve(invalidName(path, algorithm))
          : checkObject({ path, digest, file: `${layout.root}/${path}` }, verity, digester)
      // It is waited for below. Until then a failure is nobody's unhandled one.
      outcome.catch(() => {})
      pending.push(outcome)
      await settle(digester.concurrency - 1)
    }
  }
  await settle(0)
}

interface NamedObject {
  readonly path: string
  readonly file: string
  readonly digest: Digest
}

async function checkObject(
  { path, file, digest }: NamedObject,
  verity: Verity,
  digester: FileDigester,
): Promise<Outcome> {
  const finding = (kind: CheckFinding['kind'], detail: string) => ({ kind, path, detail, digest })
  const measured = measureObject(file, verity)
  switch (measured.state) {
    case 'unopened':
      return finding('object-open-failed', measured.reason)
    case 'failed':
      return finding('object-verity-failed', measured.reason)
    case 'missing':
      return finding('object-verity-missing', '')
    case 'measured':
      return compare(measured.digest)
    case 'unmeasured':
      break
  }
  try {
    return compare(await digester.digest(file, digest.algorithm))
  } catch (error) {
    if (!isFileError(error)) throw error
    return finding('object-open-failed', reasonOf(error))
  }

  function compare(actual: Digest): Outcome {
    if (actual.equals(digest)) return undefined
    return finding('object-digest-mismatch', `measured ${actual.hex}`)
  }
}

function invalidName(path: string, { digestSize, name }: Algorithm): CheckFinding {
  const detail = `not the ${2 * digestSize - 2} hex digits that a ${name} digest has after its first byte`
  return { kind: 'object-invalid-name', path, detail }
}

function createVerity({ system, algorithm, hashing, secure }: Repository): Verity {
  return new Verity({ system, algorithm, hashing, required: secure, verify: false })
}
