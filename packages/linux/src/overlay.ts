import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeUtf8 } from '@composefs/bytes'
import type { Cleanup, OpenDirectory } from './cleanup.ts'
import { EBADF, EINVAL, ENOSYS, EOPNOTSUPP, errnoOf } from './errno.ts'
import { LinuxError } from './errors.ts'
import { descriptorPath } from './files.ts'
import { FSCONFIG_VALUE_MAX, FsContext } from './fs-context.ts'
import { attachMount } from './image-mount.ts'
import { call } from './libc.ts'
import { terminated } from './path.ts'
import { MNT_DETACH } from './umount.ts'

/**
 * The ways to tell overlayfs its layers, newest kernel first.
 *
 * - A: detached mounts and directories as descriptors (6.15)
 * - B: `lowerdir+` and `datadir+` with paths (6.8)
 * - C: one string, `lowerdir=IMAGE::OBJECTS` (6.5)
 * - D: one string, `lowerdir=IMAGE:OBJECTS`: the objects are an ordinary layer, whose names show through
 */
export type OverlayForm = 'A' | 'B' | 'C' | 'D'

/** What the overlay is made of. */
export interface OverlayParts {
  /** Shown as the source of the mount. At most 255 bytes. */
  readonly source: string
  /** The detached mount of the image. */
  readonly image: number
  /**
   * A directory that stands for the image in the forms that take paths. Without one the image is attached at a
   * temporary directory for a moment.
   */
  readonly imagePath?: OpenDirectory | undefined
  readonly objects: readonly OpenDirectory[]
  readonly upper?: { readonly upperdir: OpenDirectory; readonly workdir: OpenDirectory } | undefined
  readonly verity: 'off' | 'require' | 'try'
  /** This form and no other. */
  readonly form?: OverlayForm | undefined
}

/** An overlay that is made but not mounted. */
export interface Overlay {
  readonly context: FsContext
  readonly form: OverlayForm
  readonly verity: 'off' | 'require'
}

const FORMS: readonly OverlayForm[] = ['A', 'B', 'C', 'D']

/** Errors by which a kernel says that it does not know a form. All others are about the mount itself. */
const UNKNOWN_FORM: readonly number[] = [EINVAL, EBADF, EOPNOTSUPP, ENOSYS]

/** The first form that this kernel is not known to refuse. */
let firstForm: OverlayForm = 'A'

/**
 * Makes an overlay of an image over its objects in the first form that the kernel takes. What it opens, the context
 * too, and the temporary directory where the image is attached for the older forms, go with `cleanup`.
 *
 * @throws the error of the last form tried; LinuxError ERR_LINUX_NO_OVERLAY_VERITY
 */
export function createOverlay(parts: OverlayParts, cleanup: Cleanup): Overlay {
  const attached = new TemporaryAttachment(parts.image, cleanup)
  if (parts.verity === 'off') return searchForms(parts, 'off', attached, cleanup)
  try {
    return searchForms(parts, 'require', attached, cleanup)
  } catch (error) {
    if (!UNKNOWN_FORM.includes(errnoOf(error))) throw error
    const overlay = withoutVerity(parts, attached, cleanup)
    if (overlay === undefined) throw error
    if (parts.verity === 'try') return overlay
    throw new LinuxError(
      'ERR_LINUX_NO_OVERLAY_VERITY',
      'overlayfs of this kernel cannot check fs-verity digests: 6.6 or newer can',
      {},
      { cause: error },
    )
  }
}

/** The overlay without `verity=`; undefined when that was not what the kernel refused. */
function withoutVerity(
  parts: OverlayParts,
  attached: TemporaryAttachment,
  cleanup: Cleanup,
): Overlay | undefined {
  try {
    return searchForms(parts, 'off', attached, cleanup)
  } catch {
    return undefined
  }
}

function searchForms(
  parts: OverlayParts,
  verity: 'off' | 'require',
  attached: TemporaryAttachment,
  cleanup: Cleanup,
): Overlay {
  // In form D the objects are a layer of their own, which the kernel does not check.
  const able = FORMS.filter(form => verity === 'off' || form !== 'D')
  const known = able.filter(form => form >= firstForm)
  const forms = parts.form === undefined ? (known.length > 0 ? known : able) : [parts.form]
  let failure: unknown
  for (const form of forms) {
    try {
      const context = tryForm(form, parts, verity, attached)
      cleanup.add(() => context.close())
      if (parts.form === undefined) firstForm = form
      return { context, form, verity }
    } catch (error) {
      failure = error
      if (!UNKNOWN_FORM.includes(errnoOf(error))) break
    }
  }
  throw failure
}

/** One form from the start: old kernels look at the options only at the end, which spoils the context. */
function tryForm(
  form: OverlayForm,
  parts: OverlayParts,
  verity: 'off' | 'require',
  attached: TemporaryAttachment,
): FsContext {
  // Attached first: nothing may come between the context and its closing.
  const image = form === 'A' ? undefined : (standIn(parts) ?? attached.path())
  const context = FsContext.open('overlay')
  try {
    context.setString('source', parts.source)
    context.setString('metacopy', 'on')
    context.setString('redirect_dir', 'on')
    if (verity === 'require') context.setString('verity', 'require')
    if (image === undefined) setDescriptors(context, parts)
    else setPaths(context, form, image, parts)
    context.create()
    return context
  } catch (error) {
    context.close()
    throw error
  }
}

function standIn({ imagePath }: OverlayParts): Uint8Array | undefined {
  return imagePath === undefined ? undefined : layerPath(imagePath)
}

function setDescriptors(context: FsContext, { image, objects, upper }: OverlayParts): void {
  if (upper !== undefined) {
    context.setFile('upperdir', upper.upperdir.file)
    context.setFile('workdir', upper.workdir.file)
  }
  // The order is the kernel's rule: no data layer before a lower one.
  context.setFile('lowerdir+', image)
  for (const directory of objects) context.setFile('datadir+', directory.file)
}

function setPaths(
  context: FsContext,
  form: OverlayForm,
  image: Uint8Array,
  { objects, upper }: OverlayParts,
): void {
  if (upper !== undefined) {
    context.setString('upperdir', layerPath(upper.upperdir))
    context.setString('workdir', layerPath(upper.workdir))
  }
  if (form === 'B') {
    context.setString('lowerdir+', image)
    for (const directory of objects) context.setString('datadir+', layerPath(directory))
    return
  }
  const separator = form === 'C' ? '::' : ':'
  const readable = joinLayers([image, ...objects.map(layerPath)], separator)
  context.setString(
    'lowerdir',
    readable.length <= FSCONFIG_VALUE_MAX
      ? readable
      : joinLayers([image, ...objects.map(procPath)], separator),
  )
}

/**
 * A layer's own path, which mountinfo then shows; the path of its descriptor where the own one is too long or has
 * characters that some kernels split or unescape at.
 */
function layerPath(directory: OpenDirectory): Uint8Array {
  const { path } = directory
  const isPlain = path.length <= FSCONFIG_VALUE_MAX && !path.some(byte => SPECIAL.includes(byte))
  return isPlain ? path : procPath(directory)
}

const SPECIAL: readonly number[] = [...',:\\'].map(character => character.charCodeAt(0))

function procPath(directory: OpenDirectory): Uint8Array {
  return encodeUtf8(descriptorPath(directory.file))
}

function joinLayers(layers: readonly Uint8Array[], separator: string): Uint8Array {
  const pieces = layers.flatMap((layer, i) => (i === 0 ? [layer] : [encodeUtf8(separator), layer]))
  return Buffer.concat(pieces)
}

/** The image's mount at a private temporary directory, for as long as the overlay needs to find it there. */
class TemporaryAttachment {
  readonly #image: number
  readonly #cleanup: Cleanup
  #path: Uint8Array | undefined

  constructor(image: number, cleanup: Cleanup) {
    this.#image = image
    this.#cleanup = cleanup
  }

  path(): Uint8Array {
    this.#path ??= this.#attach()
    return this.#path
  }

  #attach(): Uint8Array {
    const path = mkdtempSync(join(tmpdir(), 'composefs-'))
    this.#cleanup.add(() => rmdirSync(path))
    attachMount(this.#image, path)
    const bytes = terminated(path)
    this.#cleanup.add(() => {
      call('umount2', { path }, c => c.umount2(bytes, MNT_DETACH))
    })
    // Through a descriptor the path is short and free of special characters, whatever TMPDIR is.
    return layerPath(this.#cleanup.directory(path))
  }
}
