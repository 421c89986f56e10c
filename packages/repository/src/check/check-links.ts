import { lstatSync, readlinkSync, statSync } from 'node:fs'
import { showUtf8 } from '@composefs/bytes'
import type { Digest } from '@composefs/fsverity'
import { isRepositoryError } from '../errors.ts'
import { REFS } from '../layout.ts'
import { objectOfLink, targetOfRef } from '../links.ts'
import { isFileError, reasonOf } from '../reason.ts'
import type { Repository } from '../repository.ts'
import { Turns } from '../turns.ts'
import type { CheckCounts, CheckLog } from './check-log.ts'
import { entriesOf, isDirectory } from './entries.ts'
import { fileTypeOf } from './file-type.ts'
import type { CheckFinding, FindingKind } from './finding.ts'

/** `streams/` or `images/`: where it is, and what its findings are called. */
export interface LinkDirectory {
  readonly name: 'streams' | 'images'
  readonly directory: string
  readonly checked: keyof CheckCounts
  readonly corrupted: keyof CheckCounts
  readonly openFailed: FindingKind
}

/** An entry that names an object. */
export interface NamedLink {
  /** The entry's name; bytes that are not UTF-8 show as U+FFFD. */
  readonly name: string
  /** Relative to the repository. */
  readonly path: string
  readonly digest: Digest
}

/** Yields the entries of a directory of links that name an object that is there, and notes the others. */
export function* namedLinks(
  repository: Repository,
  log: CheckLog,
  kind: LinkDirectory,
): Generator<NamedLink> {
  if (!isDirectory(kind.directory, kind.name, log)) return
  for (const entry of entriesOf(kind.directory, kind.name, log)) {
    const name = showUtf8(entry.name)
    if (name === REFS) continue
    const path = `${kind.name}/${name}`
    log.counts[kind.checked] += 1
    if (!entry.isSymbolicLink()) {
      log.add({ kind: 'entry-not-symlink', path, detail: '' }, kind.corrupted)
      continue
    }
    const file = childPath(kind.directory, entry.name)
    const state = followLink(file, path)
    if (state === 'gone') {
      log.counts[kind.checked] -= 1
      continue
    }
    if (state !== 'leads') {
      if (state.kind === 'stat-failed') log.add(state)
      else log.add(state, 'brokenLinks', kind.corrupted)
      continue
    }
    try {
      const digest = objectOfLink(readlinkSync(file), repository.algorithm, path)
      yield { name, path, digest }
    } catch (error) {
      if (!isFileError(error) && !isRepositoryError(error)) throw error
      log.add({ kind: kind.openFailed, path, detail: reasonOf(error) }, kind.corrupted)
    }
  }
}

/** Checks everything below the refs of a directory of links. Directories are a list of what is left, not a recursion. */
export async function checkRefs(
  log: CheckLog,
  { directory, name: parent }: LinkDirectory,
  signal: AbortSignal | undefined,
): Promise<void> {
  const path = `${parent}/${REFS}`
  // What stands in the place of the parent has been noted with the parent's own entries.
  if (!lstatSync(directory, { throwIfNoEntry: false })?.isDirectory()) return
  if (!isDirectory(`${directory}/${REFS}`, path, log)) return
  const left: { file: Buffer; path: string }[] = [
    { file: Buffer.from(`${directory}/${REFS}`), path },
  ]
  const turns = new Turns(signal)
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const below: typeof left = []
    for (const entry of entriesOf(next.file, next.path, log)) {
      if (turns.isOver) await turns.give()
      const file = childPath(next.file, entry.name)
      const entryPath = `${next.path}/${showUtf8(entry.name)}`
      if (entry.isDirectory()) below.push({ file, path: entryPath })
      else if (entry.isSymbolicLink()) checkRef(directory, { file, path: entryPath }, log)
      else log.add({ kind: 'unexpected-file-type', path: entryPath, detail: fileTypeOf(entry) })
    }
    for (const directory of below.reverse()) left.push(directory)
  }
}

function checkRef(
  directory: string,
  { file, path }: { readonly file: Buffer; readonly path: string },
  log: CheckLog,
): void {
  const state = followLink(file, path)
  const broken = state === 'leads' ? misledRef(directory, file, path) : state
  if (broken === undefined || broken === 'gone') return
  if (broken.kind === 'stat-failed') log.add(broken)
  else log.add(broken, 'brokenLinks')
}

/** Whether a link leads somewhere, or what is wrong with it; `gone` when it has been removed meanwhile. */
function followLink(file: Buffer, path: string): CheckFinding | 'leads' | 'gone' {
  try {
    if (statSync(file, { throwIfNoEntry: false }) !== undefined) return 'leads'
    if (lstatSync(file, { throwIfNoEntry: false }) === undefined) return 'gone'
    return { kind: 'broken-symlink', path, detail: '' }
  } catch (error) {
    if (!isFileError(error)) throw error
    return { kind: 'stat-failed', path, detail: reasonOf(error) }
  }
}

/** A ref that leads somewhere, but to no entry of its repository: names are looked up by the last part of its text. */
function misledRef(directory: string, file: Buffer, path: string): CheckFinding | undefined {
  try {
    const target = targetOfRef(readlinkSync(file), 'the link')
    const entry = lstatSync(`${directory}/${target}`, { throwIfNoEntry: false })
    if (entry?.isSymbolicLink()) return undefined
    return { kind: 'broken-symlink', path, detail: `there is no ${target}` }
  } catch (error) {
    if (!isFileError(error) && !isRepositoryError(error)) throw error
    return { kind: 'broken-symlink', path, detail: reasonOf(error) }
  }
}

/** The path of an entry, which may have a name that is not UTF-8. */
function childPath(directory: string | Buffer, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(directory), SLASH, name])
}

const SLASH = Buffer.from('/')
