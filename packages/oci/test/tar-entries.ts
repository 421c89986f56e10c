import { encodeUtf8 } from '@composefs/bytes'
import type { Digest } from '@composefs/fsverity'
import type { Xattr } from '@composefs/tree'
import type { TarEntry, TarEntryContent, TarEntryKind } from '../src/index.ts'

/** As much of an entry as a test cares for. */
export interface EntryParts {
  /** Without the slash before it. */
  readonly path: string
  /** Regular unless given. */
  readonly kind?: TarEntryKind
  readonly target?: string
  readonly content?: string
  readonly digest?: Digest
  readonly size?: number
  readonly mode?: number
  readonly uid?: number
  readonly gid?: number
  readonly mtimeSeconds?: bigint
  readonly mtimeNanoseconds?: number
  readonly major?: number
  readonly minor?: number
  readonly xattrs?: readonly Xattr[]
}

/** An entry of a layer; a bare text is an empty file, with a slash at its end a directory. */
export function aTarEntry(parts: string | EntryParts): TarEntry {
  if (typeof parts === 'string') {
    return parts.endsWith('/')
      ? aTarEntry({ path: parts.slice(0, -1), kind: 'directory', mode: 0o755 })
      : aTarEntry({ path: parts })
  }
  const kind = parts.kind ?? 'regular'
  const data = encodeUtf8(parts.content ?? '')
  const content: TarEntryContent =
    parts.digest === undefined
      ? { kind: 'inline', data }
      : { kind: 'external', digest: parts.digest }
  return {
    kind,
    path: encodeUtf8(parts.path === '' ? '' : `/${parts.path}`),
    target: encodeUtf8(parts.target ?? ''),
    mode: parts.mode ?? 0o644,
    uid: parts.uid ?? 0,
    gid: parts.gid ?? 0,
    mtimeSeconds: parts.mtimeSeconds ?? 0n,
    mtimeNanoseconds: parts.mtimeNanoseconds ?? 0,
    size: parts.size ?? data.length,
    major: parts.major ?? 0,
    minor: parts.minor ?? 0,
    xattrs: parts.xattrs ?? [],
    content: kind === 'regular' ? content : undefined,
    offset: 0,
  }
}
