import { OciError } from '../errors.ts'
import { TarType } from './header.ts'
import { type PaxOverrides, parsePax } from './pax.ts'

/**
 * Most bytes of extension data before one entry. Names and targets are short, xattr values at most 64 KiB each; what
 * lies in an extension is held in memory, so this is also what a hostile header can make us hold.
 */
export const EXTENSION_DATA_MAX = 1 << 20

/** Most extension headers in a row: two names, pax and room for global ones. */
export const EXTENSION_HEADERS_MAX = 16

/** True for a header that speaks about the entry after it, or about all of them. */
export function isExtensionType(type: number): boolean {
  return (
    type === TarType.pax ||
    type === TarType.paxGlobal ||
    type === TarType.gnuLongName ||
    type === TarType.gnuLongTarget
  )
}

/** The extension headers read since the last entry. */
export class Extensions {
  /** GNU long name: path of the next entry. */
  longName: Uint8Array | undefined
  /** GNU long link: link target of the next entry. */
  longTarget: Uint8Array | undefined
  pax: PaxOverrides | undefined
  #headers = 0
  #bytes = 0

  /** True while there is an extension that needs an entry after it. Global ones need none. */
  get isPending(): boolean {
    return this.pax !== undefined || this.longName !== undefined || this.longTarget !== undefined
  }

  /**
   * Checks a header before its data is read.
   *
   * @throws OciError ERR_OCI_TAR_AMBIGUOUS_EXTENSION, ERR_OCI_TAR_METADATA_TOO_LARGE
   */
  expect(type: number, size: number): void {
    if (type === TarType.paxGlobal && this.isPending) {
      // cfsctl forgets the extension then, others keep it: two readings of the same bytes.
      throw ambiguous('a global pax header between an extension header and its entry')
    }
    if (type === TarType.pax && this.pax) throw ambiguous('two pax headers for one entry')
    if (type === TarType.gnuLongName && this.longName)
      throw ambiguous('two long names for one entry')
    if (type === TarType.gnuLongTarget && this.longTarget) {
      throw ambiguous('two long link targets for one entry')
    }
    this.#headers += 1
    if (this.#headers > EXTENSION_HEADERS_MAX) {
      throw new OciError(
        'ERR_OCI_TAR_METADATA_TOO_LARGE',
        `more than ${EXTENSION_HEADERS_MAX} extension headers in a row`,
        { expected: EXTENSION_HEADERS_MAX, actual: this.#headers },
      )
    }
    this.#bytes += size
    if (this.#bytes > EXTENSION_DATA_MAX) {
      throw new OciError(
        'ERR_OCI_TAR_METADATA_TOO_LARGE',
        `${this.#bytes} bytes of extension headers before one entry, the limit is ${EXTENSION_DATA_MAX}`,
        { expected: EXTENSION_DATA_MAX, actual: this.#bytes },
      )
    }
  }

  /**
   * Takes the data of a header. Copies what it keeps.
   *
   * @throws OciError of {@link parsePax}
   */
  add(type: number, data: Uint8Array): void {
    if (type === TarType.pax) this.pax = parsePax(data)
    else if (type === TarType.gnuLongName) this.longName = untilNul(data)
    else if (type === TarType.gnuLongTarget) this.longTarget = untilNul(data)
  }

  /** Forgets everything: the entry is read. */
  clear(): void {
    if (this.#headers === 0) return
    this.longName = undefined
    this.longTarget = undefined
    this.pax = undefined
    this.#headers = 0
    this.#bytes = 0
  }
}

function untilNul(data: Uint8Array): Uint8Array {
  const nul = data.indexOf(0)
  return data.slice(0, nul < 0 ? data.length : nul)
}

function ambiguous(what: string): OciError {
  return new OciError('ERR_OCI_TAR_AMBIGUOUS_EXTENSION', what)
}
