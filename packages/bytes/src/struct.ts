/** One field of an on-disk record: its size in bytes, how to read it and how to write it. */
export interface Field<T> {
  readonly size: number
  /** Reads the field at `at`, in bytes. */
  get(view: DataView, at: number): T
  /** Writes `value` at `at`, in bytes. */
  set(view: DataView, at: number, value: T): void
}

/** An unsigned byte. */
export const u8: Field<number> = {
  size: 1,
  get: (view, at) => view.getUint8(at),
  set: (view, at, value) => view.setUint8(at, value),
}

/** An unsigned little-endian number of 2 bytes. */
export const u16: Field<number> = {
  size: 2,
  get: (view, at) => view.getUint16(at, true),
  set: (view, at, value) => view.setUint16(at, value, true),
}

/** An unsigned little-endian number of 4 bytes. */
export const u32: Field<number> = {
  size: 4,
  get: (view, at) => view.getUint32(at, true),
  set: (view, at, value) => view.setUint32(at, value, true),
}

/** An unsigned little-endian number of 8 bytes, as a bigint. */
export const u64: Field<bigint> = {
  size: 8,
  get: (view, at) => view.getBigUint64(at, true),
  set: (view, at, value) => view.setBigUint64(at, value, true),
}

/** A signed little-endian number of 8 bytes in two's complement, as a bigint. */
export const i64: Field<bigint> = {
  size: 8,
  get: (view, at) => view.getBigInt64(at, true),
  set: (view, at, value) => view.setBigInt64(at, value, true),
}

/** A run of `size` opaque bytes. Reading gives a view of the input, not a copy; writing pads with zeros. */
export function byteField(size: number): Field<Uint8Array> {
  return {
    size,
    get: (view, at) => new Uint8Array(view.buffer, view.byteOffset + at, size),
    set: (view, at, value) => {
      if (value.length > size) throw new RangeError(`${value.length} bytes in a field of ${size}`)
      const out = new Uint8Array(view.buffer, view.byteOffset + at, size)
      out.fill(0)
      out.set(value)
    },
  }
}

type FieldValue<F> = F extends Field<infer T> ? T : never
type FieldMap = Record<string, Field<unknown>>

/** A declared record: its size, the offset of each field, and how to read and write a whole one. */
export interface Struct<F extends FieldMap> {
  readonly size: number
  /** Byte offset of each field, for hot loops that read single fields through a DataView. */
  readonly offsets: { readonly [K in keyof F]: number }
  /** Reads the record at `at`. The caller has checked that `size` bytes are there. */
  read(view: DataView, at: number): { [K in keyof F]: FieldValue<F[K]> }
  /** Writes every field of `value` at `at`. */
  write(view: DataView, at: number, value: { readonly [K in keyof F]: FieldValue<F[K]> }): void
}

/**
 * Declares a little-endian record of `size` bytes whose fields follow each other without gaps.
 *
 * @throws RangeError when the fields do not add up to `size`: a typing mistake, found when the module loads
 *
 * @example
 * const Range = struct(16, { start: u64, end: u64 })
 * Range.read(new DataView(bytes.buffer), 0).start
 */
export function struct<const F extends FieldMap>(size: number, fields: F): Struct<F> {
  const entries = Object.entries(fields) as [keyof F & string, Field<unknown>][]
  const offsets = {} as { [K in keyof F]: number }
  let end = 0
  for (const [name, field] of entries) {
    offsets[name] = end
    end += field.size
  }
  if (end !== size) throw new RangeError(`fields of ${end} bytes in a record of ${size}`)
  return {
    size,
    offsets,
    read(view, at) {
      const record: Record<string, unknown> = {}
      for (const [name, field] of entries) record[name] = field.get(view, at + offsets[name])
      return record as { [K in keyof F]: FieldValue<F[K]> }
    },
    write(view, at, value) {
      for (const [name, field] of entries) field.set(view, at + offsets[name], value[name])
    },
  }
}
