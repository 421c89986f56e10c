import { equalBytes } from '@composefs/bytes'
import { SUPERBLOCK_OFFSET } from '../format.ts'
import type { ErofsImage } from '../image.ts'
import { type ImageBytes, readSuperblock } from '../superblock.ts'
import { type ImageEntry, walkImage } from '../walk-image.ts'
import { HEADER_FIELDS, SUPERBLOCK_FIELDS, type SuperblockField } from './head-fields.ts'
import { IMAGE_RULES, type ImageDifference, type ImageRule } from './image-difference.ts'
import { compareInodes } from './inode-facts.ts'

/** What one rule explains of two images. */
export interface ImageFinding {
  readonly rule: ImageRule
  readonly count: number
  /** The first of them. */
  readonly examples: readonly ImageDifference[]
}

/** How much is told of each finding. */
export interface CompareImagesOptions {
  /** Most examples of a finding. Default: 10. */
  readonly examples?: number
}

/**
 * Tells how two images with equal trees differ, in the order of IMAGE_RULES; nothing when they are the same. Images of
 * two versions differ in nearly everything, so that only their versions are told.
 *
 * @throws ErofsError any code of the reader
 */
export function compareImages(
  a: ErofsImage,
  b: ErofsImage,
  options: CompareImagesOptions = {},
): ImageFinding[] {
  const examplesMax = options.examples ?? 10
  const findings = new Map<ImageRule, { count: number; examples: ImageDifference[] }>()
  for (const difference of imageDifferences(a, b)) {
    const finding = findings.get(difference.rule) ?? { count: 0, examples: [] }
    findings.set(difference.rule, finding)
    finding.count++
    if (finding.examples.length < examplesMax) finding.examples.push(difference)
  }
  return IMAGE_RULES.flatMap(rule => {
    const finding = findings.get(rule)
    return finding === undefined ? [] : [{ rule, ...finding }]
  })
}

function* imageDifferences(a: ErofsImage, b: ErofsImage): Generator<ImageDifference> {
  if (a.version !== b.version) {
    yield { rule: 'format-version', a: `V${a.version}`, b: `V${b.version}` }
    return
  }
  let hasDifference = false
  for (const difference of headDifferences(a.bytes, b.bytes)) {
    hasDifference = true
    yield difference
  }
  const [imageA, imageB] = [readSuperblock(a.bytes, Infinity), readSuperblock(b.bytes, Infinity)]
  for (const difference of entryDifferences(imageA, imageB)) {
    hasDifference = true
    yield difference
  }
  if (hasDifference) return
  const offset = firstDifference(a.bytes, b.bytes)
  if (offset === undefined) return
  yield {
    rule: 'unread-bytes',
    field: `byte ${offset}`,
    a: byteText(a.bytes, offset),
    b: byteText(b.bytes, offset),
  }
}

function* headDifferences(a: Uint8Array, b: Uint8Array): Generator<ImageDifference> {
  yield* fieldDifferences(HEADER_FIELDS, 0, a, b)
  yield* fieldDifferences(SUPERBLOCK_FIELDS, SUPERBLOCK_OFFSET, a, b)
}

function* fieldDifferences(
  fields: readonly SuperblockField[],
  at: number,
  a: Uint8Array,
  b: Uint8Array,
): Generator<ImageDifference> {
  for (const { name, read } of fields) {
    const inA = read(a, at)
    const inB = read(b, at)
    if (inA !== inB) yield { rule: 'image-header', field: name, a: inA, b: inB }
  }
}

/** Goes over both images side by side, until one has a name that the other has not. */
function* entryDifferences(a: ImageBytes, b: ImageBytes): Generator<ImageDifference> {
  const namesA = walkImage(a)
  const namesB = walkImage(b)
  for (;;) {
    const inA = next(namesA)
    const inB = next(namesB)
    const either = inA ?? inB
    if (either === undefined) return
    const path = either.path()
    if (inA === undefined || inB === undefined || !equalBytes(path, inB.path())) {
      const has = (entry: ImageEntry | undefined) => (entry === undefined ? 'no entry' : 'an entry')
      yield { rule: 'image-entries', path, a: has(inA), b: has(inB) }
      return
    }
    if (!inA.isFirstName) continue
    for (const difference of compareInodes(
      { image: a, inode: inA.inode },
      { image: b, inode: inB.inode },
    )) {
      yield { ...difference, path: path.slice() }
    }
  }
}

function next(names: Generator<ImageEntry>): ImageEntry | undefined {
  const step = names.next()
  return step.done === true ? undefined : step.value
}

function firstDifference(a: Uint8Array, b: Uint8Array): number | undefined {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return i
  return a.length === b.length ? undefined : length
}

function byteText(bytes: Uint8Array, offset: number): string {
  const byte = bytes[offset]
  return byte === undefined ? 'the end' : `0x${byte.toString(16).padStart(2, '0')}`
}
