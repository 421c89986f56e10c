import { decodeTag } from '@composefs/oci'
import type { Root } from '@composefs/repository'

/** What people call a root. */
export interface RootLabel {
  /** `oci`: a tag. `stream`: another ref of a stream. `extra`: an entry that `--root` names. */
  readonly kind: 'oci' | 'image' | 'stream' | 'extra'
  readonly name: string
}

const TAG = /^oci\/([^/]+)$/

/** The label of a root. */
export function rootLabel({ kind, name }: Root): RootLabel {
  switch (kind) {
    case 'image-ref':
      return { kind: 'image', name }
    case 'stream-ref': {
      const file = TAG.exec(name)?.[1]
      return file === undefined ? { kind: 'stream', name } : { kind: 'oci', name: decodeTag(file) }
    }
    case 'image':
    case 'stream':
      return { kind: 'extra', name }
  }
}
