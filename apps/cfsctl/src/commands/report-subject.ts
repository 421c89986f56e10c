import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Algorithm } from '@composefs/fsverity'
import {
  findOperand,
  isOciError,
  OPERAND_PREFIXES,
  type Operand,
  openOperand,
  operandAlgorithm,
} from '@composefs/oci'
import { type Report, reportImage, reportRepository, reportTree } from '@composefs/report'
import type { Repository } from '@composefs/repository'
import type { Context } from '../context.ts'
import { CliError, isCliError } from '../errors/cli-error.ts'
import { shellWord } from '../output/shell-word.ts'
import { openChosen, openOther } from '../repository/open.ts'
import { OptionalRepository } from '../repository/optional.ts'
import { hashing } from '../repository/platform.ts'
import { hashDirectoryTree } from './directory-tree.ts'
import { algorithmWithoutRepository } from './unopened-repository.ts'

/** How a directory is read when no option says otherwise. */
const AS_CREATE_IMAGE = {
  bootable: false,
  'no-propagate-usr-to-root': false,
  xattrs: undefined,
} as const

/** Words that begin so are on the disk, and in no repository. */
const DISK_PREFIXES = [
  OPERAND_PREFIXES['image-file'],
  OPERAND_PREFIXES.dump,
  OPERAND_PREFIXES.directory,
]

/** Reports what a word names: an image of the chosen repository, a file, another repository; without one the chosen one. */
export async function reportSubject(
  subject: string | undefined,
  context: Context,
): Promise<Report> {
  const { signal } = context
  if (subject === undefined) {
    await using repository = await openChosen(context)
    return await reportRepository(repository, { signal })
  }
  if (isOnDisk(subject)) return await reportOnDisk(subject, context)
  if (isRepositoryPath(subject)) return await reportOther(subject, context)
  await using repository = await openChosen(context)
  return await reportStored(repository, subject, context)
}

function isOnDisk(subject: string): boolean {
  if (DISK_PREFIXES.some(prefix => subject.startsWith(prefix))) return true
  return statSync(subject, { throwIfNoEntry: false })?.isFile() ?? false
}

/** Tags and names of images may have slashes too, so it counts what is there. */
function isRepositoryPath(subject: string): boolean {
  if (/^(?:\/|\.{1,2}(?:\/|$))/.test(subject)) return true
  return subject.includes('/') && isRepository(subject)
}

function isRepository(path: string): boolean {
  return existsSync(join(path, 'meta.json'))
}

async function reportOther(path: string, context: Context): Promise<Report> {
  const { signal } = context
  try {
    await using repository = await openOther(context, path, 'the subject of the report')
    return await reportRepository(repository, { signal })
  } catch (error) {
    if (!isCliError(error)) throw error
    const { code, context, cause } = error
    if (code === 'repository-not-found') {
      throw new CliError(code, `${path} does not exist`, { context, cause })
    }
    if (code !== 'metadata-missing') throw error
    throw new CliError(code, `${path} is no repository: there is no meta.json in it`, {
      hints: [`cfsctl report dir:${shellWord(path)} reports the files of a directory`],
      context,
      cause,
    })
  }
}

/** Of a file that has no tree the name may be that of an image. */
async function reportOnDisk(subject: string, context: Context): Promise<Report> {
  await using chosen = new OptionalRepository(context)
  const operand = await findOperand(subject, () => chosen.open())
  const repository = await chosen.current
  if (operand.kind === 'oci' || operand.kind === 'image') {
    return await reportStored(repository as Repository, subject, context)
  }
  return await reportTreeAt(subject, operand, context)
}

async function reportTreeAt(
  word: string,
  operand: Operand & { readonly path: string },
  context: Context,
): Promise<Report> {
  const { console, signal } = context
  const own = await operandAlgorithm(operand, undefined)
  const algorithm = own ?? algorithmWithoutRepository(context)
  const { tree, id } = await openOperand(
    { word, operand, algorithm },
    {
      repository: undefined,
      hashing,
      readDirectory: (path: string, algorithm: Algorithm) =>
        hashDirectoryTree(path, algorithm, { options: AS_CREATE_IMAGE, context }),
      onNotice: message => console.notice(message),
      signal,
    },
  )
  return reportTree({ name: operand.path, tree, imageId: id })
}

/** An OCI image of that name, or else an EROFS image. */
async function reportStored(
  repository: Repository,
  word: string,
  { signal }: Context,
): Promise<Report> {
  const { oci, image } = OPERAND_PREFIXES
  if (word.startsWith(oci)) {
    return await reportImage(repository, { oci: word.slice(oci.length) }, { signal })
  }
  if (word.startsWith(image)) {
    return await reportImage(repository, { erofs: word.slice(image.length) }, { signal })
  }
  try {
    return await reportImage(repository, { oci: word }, { signal })
  } catch (error) {
    if (!isOciError(error) || !NOT_OCI.has(error.code)) throw error
    if (isErofsImage(repository, word)) {
      return await reportImage(repository, { erofs: word }, { signal })
    }
    throw directoryOfThatName(word) ?? error
  }
}

/** What OCI says of the names and ids of EROFS images. */
const NOT_OCI: ReadonlySet<string> = new Set([
  'ERR_OCI_NO_SUCH_IMAGE',
  'ERR_OCI_BAD_DIGEST',
  'ERR_OCI_UNSUPPORTED_DIGEST',
])

function isErofsImage(repository: Repository, name: string): boolean {
  try {
    repository.images.resolve(name)
    return true
  } catch {
    return false
  }
}

function directoryOfThatName(word: string): CliError | undefined {
  if (!statSync(word, { throwIfNoEntry: false })?.isDirectory()) return undefined
  const name = shellWord(word)
  const hint = isRepository(word)
    ? `cfsctl report ./${name} reports the repository of that name`
    : `cfsctl report dir:${name} reports the files of the directory`
  return new CliError('tag-not-found', `${word} is no tag and no image`, { hints: [hint] })
}
