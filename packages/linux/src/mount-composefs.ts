import { encodeUtf8, showUtf8 } from '@composefs/bytes'
import { Cleanup } from './cleanup.ts'
import { FSCONFIG_VALUE_MAX } from './fs-context.ts'
import { attachMount, idmapMount, mountErofs } from './image-mount.ts'
import { closeNative } from './libc.ts'
import { attributeBits, MOUNT_ATTR_RDONLY, type MountAttribute } from './mount-attributes.ts'
import { createOverlay, type OverlayForm, type OverlayParts } from './overlay.ts'
import type { PathLike } from './path.ts'

/** What to mount, where and how. */
export interface ComposefsMount {
  /** The image, open for reading. It stays the caller's and may be closed afterwards. */
  readonly image: number
  /** Directories of objects, searched in order. */
  readonly objects: readonly PathLike[]
  /** An existing directory. A mount that is there already is covered. */
  readonly target: PathLike
  /** Name of the image, shown as `composefs:NAME` in the list of mounts; without one it says `composefs`. */
  readonly name?: string | undefined
  /**
   * Whether the kernel compares the fs-verity digest of each object with the image when it is opened. `try`: as
   * `require` on a kernel that knows how, `off` on others. The objects are not tried: where they have no fs-verity, both
   * mount, and opening a file whose data is in an object gives EIO. There it is `off`.
   */
  readonly verity: 'off' | 'require' | 'try'
  /** Where changes go: two directories on one file system. */
  readonly upper?: { readonly upperdir: PathLike; readonly workdir: PathLike } | undefined
  /** Allows changes. Without an upper directory there is no place for them, and nothing is writable. */
  readonly readWrite?: boolean | undefined
  /** A user namespace, such as `/proc/PID/ns/user`, that maps the owners in the image. */
  readonly idmap?: string | undefined
  readonly attributes?: readonly MountAttribute[] | undefined
  /** False when the header of the image says that no inode has an ACL. Default true. */
  readonly hasAcl?: boolean | undefined
  /** Forces one way of telling overlayfs its layers, for tests. */
  readonly form?: OverlayForm | undefined
}

/** A mount that was made. */
export interface MountedComposefs {
  readonly mode: 'kernel'
  /** Canonical path of the mount point. */
  readonly target: string
  readonly verity: 'off' | 'require'
  readonly form: OverlayForm
  /** What the kernel reads the image through. */
  readonly device: 'file' | 'loop'
  /** Sentences for people about what is not as it should be. */
  readonly warnings: readonly string[]
}

/** Where a mount failed. Errors of `mountComposefs` have it as `step`. */
export type MountStep = 'image' | 'idmap' | 'overlay' | 'attach'

/**
 * Mounts a composefs image: the EROFS image as the lower layer of an overlay, the objects as its data layers.
 *
 * Whatever the end, nothing is left but the mount: no descriptor, no temporary directory, no loop device. Needs
 * CAP_SYS_ADMIN and EROFS and overlayfs in the kernel, from 6.1 on.
 *
 * @throws Node-shaped errors with `step` and, where the kernel gave reasons, `kernelMessages`. EINVAL at the step
 * `image` means that the kernel does not accept the image: it says why only in its log.
 * @throws LinuxError ERR_LINUX_NO_OVERLAY_VERITY when `verity` is required of a kernel before 6.6
 *
 * @example
 * mountComposefs({
 *   image: openSync('/srv/app.erofs', 'r'),
 *   objects: ['/srv/composefs/objects'],
 *   target: '/mnt',
 *   name: 'app',
 *   verity: 'off',
 * })
 */
export function mountComposefs(options: ComposefsMount): MountedComposefs {
  const { attributes = [], readWrite = false, hasAcl = true } = options
  const flags = attributeBits(attributes) | (readWrite ? 0 : MOUNT_ATTR_RDONLY)
  const cleanup = new Cleanup()
  return cleanup.after(() => {
    const target = cleanup.directory(options.target)
    const objects = options.objects.map(path => cleanup.directory(path))
    const upper = options.upper && {
      upperdir: cleanup.directory(options.upper.upperdir),
      workdir: cleanup.directory(options.upper.workdir),
    }
    const image = atStep('image', () => mountErofs(options.image, { hasAcl }))
    cleanup.add(() => closeNative(image.file))
    const { idmap } = options
    if (idmap !== undefined) atStep('idmap', () => idmapMount(image.file, idmap))
    const parts: OverlayParts = {
      source: sourceOf(options.name),
      image: image.file,
      objects,
      upper,
      verity: options.verity,
      form: options.form,
    }
    const overlay = atStep('overlay', () => createOverlay(parts, cleanup))
    const mount = atStep('overlay', () => overlay.context.mount(flags))
    cleanup.add(() => closeNative(mount))
    const warnings = [...overlay.context.takeMessages(), ...warningsOf(overlay.form)]
    atStep('attach', () => attachMount(mount, target))
    return {
      mode: 'kernel',
      target: showUtf8(target.path),
      verity: overlay.verity,
      form: overlay.form,
      device: image.device,
      warnings,
    }
  })
}

function warningsOf(form: OverlayForm): string[] {
  return form === 'D'
    ? [
        'the kernel has no data-only layers: the directories of objects show where the image does not hide them',
      ]
    : []
}

/** The source of the mount. fsconfig takes no more bytes than that; the end of the name is for people anyway. */
function sourceOf(name: string | undefined): string {
  if (name === undefined) return 'composefs'
  const source = encodeUtf8(`composefs:${name}`)
  if (source.length <= FSCONFIG_VALUE_MAX) return `composefs:${name}`
  // A character cut in two becomes U+FFFD, which is as long as the longest cut: three bytes.
  return showUtf8(source.subarray(0, FSCONFIG_VALUE_MAX - 3))
}

function atStep<T>(step: MountStep, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof Error) Object.assign(error, { step })
    throw error
  }
}
