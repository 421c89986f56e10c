import { toHex } from '@composefs/bytes'
import { Header, Superblock } from '../format.ts'

/** A field of the head of an image, as a text that compares. */
export interface SuperblockField {
  readonly name: string
  /** `at`: where the record is. */
  read(image: Uint8Array, at: number): string
}

/** Fields that say how long the image is, or where something in it is: they follow from everything else. */
const CONSEQUENCES: ReadonlySet<string> = new Set(['blocks', 'inodes', 'rootNid', 'xattrBlock'])

/** Not looked at: the version has a rule of its own. */
const VERSION = 'composefsVersion'

/** The fields of the composefs header and of the superblock that mean something of their own. */
export const HEADER_FIELDS: readonly SuperblockField[] = fieldsOf(Header)
export const SUPERBLOCK_FIELDS: readonly SuperblockField[] = fieldsOf(Superblock)

function fieldsOf(record: {
  readonly offsets: Readonly<Record<string, number>>
  readonly size: number
  read(view: DataView, at: number): Readonly<Record<string, unknown>>
}): SuperblockField[] {
  return Object.keys(record.offsets)
    .filter(name => name !== VERSION && !CONSEQUENCES.has(name))
    .map(name => ({
      name,
      read: (image, at) => text(record.read(viewOf(image), at)[name]),
    }))
}

function text(value: unknown): string {
  return value instanceof Uint8Array ? toHex(value) : String(value)
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
