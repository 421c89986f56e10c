import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { readImageVersion } from '@composefs/erofs'
import type { Digest } from '@composefs/fsverity'
import { isRepositoryError, type Repository } from '@composefs/repository'
import { isOciError, OciError } from '../errors.ts'
import { type ResolvedReference, resolveReference } from '../store/resolve-reference.ts'

/** What a word of the command line can name that has a tree. */
export type Operand =
  /** A container image of the repository. */
  | { readonly kind: 'oci'; readonly reference: ResolvedReference }
  /** A composefs image of the repository. */
  | { readonly kind: 'image'; readonly id: Digest }
  /** A composefs image in a file, a dump file, or a directory. */
  | { readonly kind: 'image-file' | 'dump' | 'directory'; readonly path: string }

/** What a word can name. */
export type OperandKind = Operand['kind']

/** The kinds as they stand before a word to say which one is meant. */
export const OPERAND_PREFIXES: Readonly<Record<OperandKind, string>> = {
  oci: 'tag:',
  image: 'image:',
  'image-file': 'file:',
  dump: 'dump:',
  directory: 'dir:',
}

/** What is asked for words that name something in a repository; undefined when there is no repository. */
export type RepositoryOpener = () => Promise<Repository | undefined>

/** These words are paths, and never looked up in the repository. */
const PATH = /^(?:\/|\.\.?(?:\/|$))/
/** An image where it has not been pulled from yet. */
const TRANSPORT = /^(?:docker:\/\/|oci:|oci-archive:|docker-archive:|containers-storage:)/
/** Enough to tell what a file is. */
const HEAD_SIZE = 64
/** How every dump begins: the root. */
const DUMP_HEAD = Buffer.from('/ ')

/**
 * Finds what a word names: a tag or digest of the repository, the name or id of an image there, a file with an image or
 * a dump, or a directory. A prefix of OPERAND_PREFIXES says which; without one, the word must name one thing only.
 *
 * @throws OciError ERR_OCI_NO_SUCH_OPERAND (with the nearest tags as `choices`), ERR_OCI_AMBIGUOUS_OPERAND (with the
 *   possible spellings as `choices`), ERR_OCI_NO_TREE when there is but a file that is neither an image nor a dump, and
 *   of the store ERR_OCI_AMBIGUOUS_REFERENCE, ERR_OCI_REFERENCE_MISMATCH; Node-shaped errors for a path that cannot be
 *   read
 */
export async function findOperand(
  word: string,
  openRepository: RepositoryOpener,
): Promise<Operand> {
  for (const [kind, prefix] of Object.entries(OPERAND_PREFIXES)) {
    if (!word.startsWith(prefix)) continue
    return await explicitOperand(kind as OperandKind, word.slice(prefix.length), openRepository)
  }
  const onDisk = fileOperand(word)
  const found: Operand[] = onDisk === undefined || onDisk === 'other' ? [] : [onDisk]
  let missing: unknown
  if (!PATH.test(word)) {
    const repository = await openRepository()
    if (repository !== undefined) {
      try {
        found.push({ kind: 'oci', reference: await resolveReference(repository, word) })
      } catch (error) {
        if (!isNoReference(error)) throw error
        missing = error
      }
      const id = findImage(repository, word)
      if (id !== undefined) found.push({ kind: 'image', id })
    }
  }
  const [operand] = found
  if (operand === undefined) {
    // A file that nobody can compare takes no name from an image.
    throw onDisk === 'other' ? noTree(word) : noSuchOperand(word, missing)
  }
  if (found.length === 1) return operand
  throw new OciError('ERR_OCI_AMBIGUOUS_OPERAND', `${word} names more than one thing`, {
    reference: word,
    choices: found.map(({ kind }) => OPERAND_PREFIXES[kind] + word),
  })
}

async function explicitOperand(
  kind: OperandKind,
  name: string,
  openRepository: RepositoryOpener,
): Promise<Operand> {
  if (kind !== 'oci' && kind !== 'image') {
    // Whoever says what a file is may be right: reading it tells.
    statSync(name)
    return { kind, path: name }
  }
  const repository = await openRepository()
  if (repository === undefined) throw noSuchOperand(name, undefined)
  if (kind === 'image') return { kind, id: repository.images.resolve(name).digest }
  return { kind, reference: await resolveReference(repository, name) }
}

/** What is at a path: `other` has no tree. */
function fileOperand(path: string): Operand | 'other' | undefined {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return undefined
  if (stats.isDirectory()) return { kind: 'directory', path }
  if (stats.isFile()) {
    const head = readHead(path)
    if (readImageVersion(head) !== undefined) return { kind: 'image-file', path }
    if (DUMP_HEAD.equals(head.subarray(0, DUMP_HEAD.length))) return { kind: 'dump', path }
  }
  return 'other'
}

function noTree(path: string): OciError {
  return new OciError('ERR_OCI_NO_TREE', `${path} is neither a composefs image nor a dump file`, {
    path,
  })
}

function readHead(path: string): Buffer {
  const file = openSync(path, 'r')
  try {
    const head = Buffer.alloc(HEAD_SIZE)
    return head.subarray(0, readSync(file, head, 0, head.length, 0))
  } finally {
    closeSync(file)
  }
}

function findImage(repository: Repository, word: string): Digest | undefined {
  try {
    return repository.images.resolve(word).digest
  } catch (error) {
    const isNone =
      isRepositoryError(error, 'ERR_REPOSITORY_IMAGE_NOT_FOUND') ||
      isRepositoryError(error, 'ERR_REPOSITORY_BAD_NAME')
    if (isNone) return undefined
    throw error
  }
}

function isNoReference(error: unknown): boolean {
  return (
    isOciError(error, 'ERR_OCI_NO_SUCH_IMAGE') ||
    isOciError(error, 'ERR_OCI_BAD_DIGEST') ||
    isOciError(error, 'ERR_OCI_UNSUPPORTED_DIGEST')
  )
}

function noSuchOperand(word: string, missing: unknown): OciError {
  const choices = isOciError(missing) ? (missing.facts.choices ?? []) : []
  const what = TRANSPORT.test(word)
    ? `${word} is not in the repository: only stored images are compared`
    : `${word} is no tag, no image, no file and no directory`
  return new OciError('ERR_OCI_NO_SUCH_OPERAND', what, { reference: word, choices })
}
