import type { ReadOptions } from '../disk/read-range.ts'

/** The files of an OCI image layout, wherever they are. */
export interface LayoutFiles {
  /** For messages: the path of the directory or archive. */
  readonly name: string
  /** Opens the regular file of that name below the layout; undefined when there is none. */
  open(path: string): Promise<LayoutFile | undefined>
  close(): Promise<void>
}

/** One open file of a layout. */
export interface LayoutFile {
  readonly size: number
  /** The whole content, `size` bytes. Closes the file at the end or an early break. */
  chunks(options?: ReadOptions): AsyncGenerator<Uint8Array>
  close(): Promise<void>
}
