import { readFileSync } from 'node:fs'
import { Cleanup } from '../cleanup.ts'
import { descriptorPath } from '../files.ts'
import { mountErofs } from '../image-mount.ts'
import { closeNative } from '../libc.ts'
import { MOUNT_ATTR_RDONLY } from '../mount-attributes.ts'
import { createOverlay, type OverlayForm, type OverlayParts } from '../overlay.ts'
import type { PathLike } from '../path.ts'
import { attemptTrial, type Trial } from './trial.ts'

/** A small image to try mounting with. */
export interface MountSample {
  /** The image, open for reading. */
  readonly image: number
  /** The directory of its objects. */
  readonly objects: PathLike
  /** An empty directory, which stands for the image where a kernel wants to be told it by path. */
  readonly directory: PathLike
  /** A file of the image whose content lies in it, and one whose content is an object. */
  readonly inline: { readonly path: string; readonly content: Uint8Array }
  readonly external: { readonly path: string; readonly content: Uint8Array }
}

/** What mounting an image needs of the kernel, and whether this process gets it. */
export interface MountTrials {
  /** The image, by itself. */
  readonly erofs: Trial<{ readonly device: 'file' | 'loop' }>
  /** An overlay with objects as data layers: `D` is the form of kernels without them. */
  readonly overlay: Trial<{
    readonly form: OverlayForm
    /** Whether a file was read through the overlay, too. */
    readonly wasRead: boolean
  }>
  /** The same with `verity=require`. */
  readonly verity: Trial
}

/**
 * Tries out what `mountComposefs` does, without mounting anything where anybody could see it: the mounts stay detached,
 * each in a namespace of its own that only a descriptor of this process keeps. Nothing is left even if the process
 * is killed.
 *
 * Kernels that take the image of an overlay by its path only get an empty directory for it.
 *
 * @example
 * const { erofs, overlay, verity } = probeMounts(sample)
 * if (verity.outcome === 'works') console.log('files are checked when they are opened')
 */
export function probeMounts(sample: MountSample): MountTrials {
  const cleanup = new Cleanup()
  return cleanup.after(() => {
    let image: number | undefined
    const erofs = attemptTrial(() => {
      const mount = mountErofs(sample.image, { hasAcl: false })
      cleanup.add(() => closeNative(mount.file))
      assertContent(mount.file, sample.inline)
      image = mount.file
      return { device: mount.device }
    })
    if (image === undefined) return { erofs, overlay: UNTRIED, verity: UNTRIED }
    const overlay = attemptTrial(() => probeOverlay(image as number, sample, cleanup))
    if (overlay.outcome !== 'works') return { erofs, overlay, verity: UNTRIED }
    const verity = attemptTrial(() => {
      createOverlay(partsOf(image as number, sample, cleanup, 'require'), cleanup)
      return {}
    })
    return { erofs, overlay, verity }
  })
}

const UNTRIED = { outcome: 'untried' } as const

function probeOverlay(image: number, sample: MountSample, cleanup: Cleanup) {
  const { context, form } = createOverlay(partsOf(image, sample, cleanup, 'off'), cleanup)
  const mount = context.mount(MOUNT_ATTR_RDONLY)
  cleanup.add(() => closeNative(mount))
  // In the other forms the directory stands for the image.
  const wasRead = form === 'A'
  if (wasRead) for (const file of [sample.inline, sample.external]) assertContent(mount, file)
  return { form, wasRead }
}

function partsOf(
  image: number,
  { objects, directory }: MountSample,
  cleanup: Cleanup,
  verity: 'off' | 'require',
): OverlayParts {
  return {
    source: 'composefs-probe',
    image,
    imagePath: cleanup.directory(directory),
    objects: [cleanup.directory(objects)],
    verity,
  }
}

function assertContent(mount: number, { path, content }: MountSample['inline']): void {
  const found = readFileSync(`${descriptorPath(mount)}/${path}`)
  if (!found.equals(content)) throw new Error(`${path} reads back as ${found.length} other bytes`)
}
