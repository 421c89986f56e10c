import { startsWith } from '@composefs/bytes'
import { DEPTH_MAX } from '@composefs/tree'
import { OciError } from '../errors.ts'

const SLASH = 0x2f
const DOT = 0x2e

/** What the path of a layer's entry asks for. */
export type LayerPath =
  /** The root itself. */
  | { readonly kind: 'root' }
  | { readonly kind: 'entry'; readonly parents: readonly Uint8Array[]; readonly name: Uint8Array }
  /** `.wh.NAME`: what lower layers put at NAME goes. */
  | {
      readonly kind: 'whiteout'
      readonly parents: readonly Uint8Array[]
      readonly name: Uint8Array
    }
  /** `.wh..wh..opq`: what lower layers put into this directory goes. */
  | { readonly kind: 'opaque'; readonly parents: readonly Uint8Array[] }
  /** Bookkeeping of AUFS, which is no part of the tree. */
  | { readonly kind: 'bookkeeping' }

const WHITEOUT = Uint8Array.from('.wh.', char => char.charCodeAt(0))
const BOOKKEEPING = Uint8Array.from('.wh..wh.', char => char.charCodeAt(0))
const OPAQUE = Uint8Array.from('.wh..wh..opq', char => char.charCodeAt(0))

/**
 * Reads the path of an entry, and tells whether it stands for a file or hides some (OCI image spec, layer.md,
 * "Whiteouts"). Components alias it.
 *
 * @throws OciError ERR_OCI_TREE_BAD_PATH, ERR_OCI_TREE_TOO_DEEP, ERR_OCI_TREE_BAD_WHITEOUT
 *
 * @example
 * const path = parseLayerPath(entry.path) // of `/usr/.wh.doc`
 * if (path.kind === 'whiteout') path.name // `doc`, in the directory `path.parents`
 */
export function parseLayerPath(path: Uint8Array): LayerPath {
  const components = splitComponents(path)
  const name = components.pop()
  if (name === undefined) return { kind: 'root' }
  const parents = components
  if (parents.some(parent => startsWith(parent, BOOKKEEPING))) return { kind: 'bookkeeping' }
  if (parents.some(isDotDot) || isDotDot(name)) throw dotDot()
  if (parents.length > DEPTH_MAX) {
    const facts = { expected: `at most ${DEPTH_MAX}`, actual: parents.length }
    throw new OciError('ERR_OCI_TREE_TOO_DEEP', `${parents.length} directories deep`, facts)
  }
  if (!startsWith(name, WHITEOUT)) return { kind: 'entry', parents, name }
  if (startsWith(name, BOOKKEEPING)) {
    const isOpaque = name.length === OPAQUE.length && startsWith(name, OPAQUE)
    return isOpaque ? { kind: 'opaque', parents } : { kind: 'bookkeeping' }
  }
  const hidden = name.subarray(WHITEOUT.length)
  if (hidden.length === 0 || isDot(hidden) || isDotDot(hidden)) {
    throw new OciError('ERR_OCI_TREE_BAD_WHITEOUT', 'a whiteout of no name')
  }
  return { kind: 'whiteout', parents, name: hidden }
}

/**
 * The components of a hard link's target.
 *
 * @throws OciError ERR_OCI_TREE_BAD_PATH
 */
export function parseLinkTarget(target: Uint8Array): Uint8Array[] {
  const components = splitComponents(target)
  if (components.some(isDotDot)) throw dotDot()
  return components
}

/** Components without the empty ones and `.`. */
function splitComponents(path: Uint8Array): Uint8Array[] {
  const components: Uint8Array[] = []
  for (let at = 0; at < path.length; ) {
    let end = path.indexOf(SLASH, at)
    if (end === -1) end = path.length
    const component = path.subarray(at, end)
    if (component.length > 0 && !isDot(component)) components.push(component)
    at = end + 1
  }
  return components
}

function isDot(name: Uint8Array): boolean {
  return name.length === 1 && name[0] === DOT
}

function isDotDot(name: Uint8Array): boolean {
  return name.length === 2 && name[0] === DOT && name[1] === DOT
}

function dotDot(): OciError {
  return new OciError('ERR_OCI_TREE_BAD_PATH', 'a path with ".." in it')
}
