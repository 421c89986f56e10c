import { closeSync, constants, openSync } from 'node:fs'
import { i64, struct, u64 } from '@composefs/bytes'
import { EINVAL, ENOTBLK, EPERM, errnoOf, systemError } from './errno.ts'
import { AT_FDCWD, descriptorPath } from './files.ts'
import { FsContext } from './fs-context.ts'
import { attempt } from './libc.ts'
import { openLoopDevice } from './loop.ts'
import { MOUNT_ATTR_IDMAP, MOUNT_ATTR_RDONLY } from './mount-attributes.ts'
import { AT_EMPTY_PATH, terminated } from './path.ts'
import { assertMapsOwners } from './user-namespace.ts'

/** struct mount_attr. */
const MountAttr = struct(32, {
  set: u64,
  clear: u64,

  propagation: u64,
  userNamespace: i64,
})

/** A detached mount of an image, as a file for `closeNative`, which unmounts. */
export interface ImageMount {
  readonly file: number
  /** What the kernel read the image through. Kernels before 6.12 need a loop device. */
  readonly device: 'file' | 'loop'
}

/**
 * Mounts an EROFS image read-only, detached.
 *
 * `hasAcl` is false when the image has no POSIX ACLs at all, which spares the kernel the look-ups.
 */
export function mountErofs(image: number, options: { readonly hasAcl: boolean }): ImageMount {
  try {
    return { file: mountFrom(descriptorPath(image), options.hasAcl), device: 'file' }
  } catch (error) {
    // Not a block device, and this kernel has no EROFS from a file, or not from this one.
    if (errnoOf(error) !== ENOTBLK) throw error
  }
  const loop = openLoopDevice(image)
  try {
    return { file: mountFrom(loop.path, options.hasAcl), device: 'loop' }
  } finally {
    closeSync(loop.file)
  }
}

/**
 * Maps the owners of a detached mount by a user namespace, given as a path such as `/proc/PID/ns/user`.
 *
 * @throws Node-shaped errors; EINVAL and EPERM say what idmapped EROFS mounts need
 * @throws LinuxError ERR_LINUX_BAD_USER_NAMESPACE
 */
export function idmapMount(mount: number, userNamespace: string): void {
  const namespace = openSync(userNamespace, constants.O_RDONLY | constants.O_NOCTTY)
  try {
    assertMapsOwners(namespace, userNamespace)
    const attributes = new Uint8Array(MountAttr.size)
    MountAttr.write(new DataView(attributes.buffer), 0, {
      set: BigInt(MOUNT_ATTR_IDMAP),
      clear: 0n,
      propagation: 0n,
      userNamespace: BigInt(namespace),
    })
    const empty = terminated('')
    const result = attempt(c =>
      c.mountSetattr(mount, empty, AT_EMPTY_PATH, attributes, attributes.length),
    )
    if (result === 0) return
    const meaning =
      result === -EINVAL || result === -EPERM
        ? 'idmapped erofs mounts need kernel 5.19 or newer and CAP_SYS_ADMIN over the file system'
        : undefined
    throw systemError(-result, 'mount_setattr', { path: userNamespace, meaning })
  } finally {
    closeSync(namespace)
  }
}

function mountFrom(source: string, hasAcl: boolean): number {
  const context = FsContext.open('erofs')
  try {
    context.setFlag('ro')
    context.setString('source', source)
    if (!hasAcl) context.setFlag('noacl')
    context.create()
    return context.mount(MOUNT_ATTR_RDONLY)
  } finally {
    context.close()
  }
}

const MOVE_MOUNT_F_EMPTY_PATH = 0x4
const MOVE_MOUNT_T_EMPTY_PATH = 0x40

/** Attaches a detached mount at a directory that is open (`file`) or at a path. */
export function attachMount(
  mount: number,
  target: { readonly file: number; readonly path: Uint8Array } | string,
): void {
  const empty = terminated('')
  const isPath = typeof target === 'string'
  const result = isPath
    ? moveTo(mount, empty, AT_FDCWD, terminated(target), MOVE_MOUNT_F_EMPTY_PATH)
    : moveTo(mount, empty, target.file, empty, MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH)
  if (result < 0) {
    throw systemError(-result, 'move_mount', { path: isPath ? target : target.path })
  }
}

function moveTo(
  mount: number,
  from: Uint8Array,
  directory: number,
  to: Uint8Array,
  flags: number,
): number {
  return attempt(c => c.moveMount(mount, from, directory, to, flags))
}
