import type { Algorithm } from '@composefs/fsverity'
import { DumpLineReader } from './dump-line-reader.ts'
import { TreeError } from './errors.ts'
import { FileTree, storeOf } from './tree.ts'

/**
 * Longest line in bytes. No image can hold an entry with a longer one: 255 shared xattrs of 64 KiB, every byte
 * escaped, are half of it.
 */
const LINE_MAX = 128 * 1024 * 1024

/** Bytes that are looked at together, so that places in them are small numbers. */
const STRIDE = 16 * 1024 * 1024

const NEWLINE = 0x0a
const RETURN = 0x0d
const SPACE = 0x20

/**
 * Reads a dump file. The algorithm is not in the file: `mkcomposefs` means sha256.
 *
 * @throws TreeError with the line and the field in its facts
 *
 * @example
 * const tree = parseDump(encodeUtf8('/ 0 40755 2 0 0 0 0.0 - - -\n'), SHA256)
 */
export function parseDump(bytes: Uint8Array, algorithm: Algorithm): FileTree {
  const parser = new DumpParser(algorithm)
  parser.write(bytes)
  return parser.finish()
}

/**
 * Reads a dump file that comes in pieces: memory is the tree and one line.
 *
 * @example
 * const parser = new DumpParser(SHA256)
 * for await (const piece of process.stdin) parser.write(piece)
 * const tree = parser.finish()
 */
export class DumpParser {
  readonly #tree: FileTree
  readonly #reader: DumpLineReader
  #lines = 0
  /** The beginning of a line whose end has not come yet. */
  #carry: Uint8Array = new Uint8Array(0)
  #carried = 0

  constructor(algorithm: Algorithm) {
    this.#tree = new FileTree(algorithm)
    this.#reader = new DumpLineReader(storeOf(this.#tree))
  }

  /**
   * Takes the next piece, which may be reused after the call.
   *
   * @throws TreeError with the line and the field in its facts
   */
  write(data: Uint8Array): void {
    for (let at = 0; at < data.length; at += STRIDE) {
      // Not subarray: a Buffer makes a slower kind of views, and loops over bytes would be compiled for two types.
      const length = Math.min(STRIDE, data.length - at)
      this.#piece(new Uint8Array(data.buffer, data.byteOffset + at, length))
    }
  }

  /**
   * The tree, after the last piece.
   *
   * @throws TreeError with the line and the field in its facts
   */
  finish(): FileTree {
    if (this.#carried > 0) {
      const length = this.#carried
      this.#carried = 0
      this.#line(this.#carry, 0, length)
    }
    if (!this.#reader.hasRoot) throw new TreeError('ERR_TREE_DUMP_ROOT', 'a dump without entries')
    return this.#tree
  }

  #piece(piece: Uint8Array): void {
    let at = 0
    if (this.#carried > 0) {
      const newline = piece.indexOf(NEWLINE)
      at = newline === -1 ? piece.length : newline + 1
      this.#keep(piece.subarray(0, newline === -1 ? at : newline))
      if (newline === -1) return
      const length = this.#carried
      this.#carried = 0
      this.#line(this.#carry, 0, length)
    }
    const last = piece.lastIndexOf(NEWLINE)
    while (at <= last) {
      const { next, lines } = this.#reader.readPlain(piece, at, last)
      this.#lines += lines
      at = next
      if (at > last) break
      const newline = piece.indexOf(NEWLINE, at)
      this.#line(piece, at, newline)
      at = newline + 1
    }
    this.#keep(piece.subarray(at))
  }

  #line(bytes: Uint8Array, start: number, lineEnd: number): void {
    this.#lines++
    const end = lineEnd > start && bytes[lineEnd - 1] === RETURN ? lineEnd - 1 : lineEnd
    if (isBlank(bytes, start, end)) return
    if (end - start > LINE_MAX) throw this.#tooLong()
    try {
      this.#reader.read(bytes, start, end)
      this.#reader.assertNoNul(bytes, start, end)
    } catch (error) {
      if (!(error instanceof TreeError)) throw error
      throw this.#located(error)
    }
  }

  #keep(rest: Uint8Array): void {
    const length = this.#carried + rest.length
    if (length > LINE_MAX) {
      this.#lines++
      throw this.#tooLong()
    }
    if (length > this.#carry.length) {
      const grown = new Uint8Array(Math.max(length, this.#carry.length * 2))
      grown.set(this.#carry.subarray(0, this.#carried))
      this.#carry = grown
    }
    this.#carry.set(rest, this.#carried)
    this.#carried = length
  }

  #tooLong(): TreeError {
    const message = `line ${this.#lines}: longer than ${LINE_MAX} bytes`
    return new TreeError('ERR_TREE_DUMP_SYNTAX', message, { line: this.#lines, expected: LINE_MAX })
  }

  #located(error: TreeError): TreeError {
    const { path, field } = this.#reader.place()
    const facts = { ...error.facts, line: this.#lines, field, path }
    const message = `line ${this.#lines}: ${field}: ${error.message}`
    return new TreeError(error.code, message, facts, { cause: error })
  }
}

/** True when there is nothing but white space. */
function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number
    if (byte !== SPACE && (byte < 0x09 || byte > 0x0d)) return false
  }
  return true
}
