import { setImmediate } from 'node:timers/promises'
import {
  type ComposefsMount,
  type MountedComposefs,
  mountComposefs,
  unmountComposefs,
} from '@composefs/linux'
import { explainMountFailure } from './mount-failure.ts'

/** What a mount by the kernel takes beside its options. */
export interface KernelMountContext {
  readonly signal: AbortSignal
  /** Reads the image, to find out what is wrong with it: the kernel does not say. */
  readonly readImage: () => Uint8Array
}

/**
 * Mounts an image, and takes the mount away again when a signal came meanwhile: a command that says that it was
 * stopped has done nothing.
 *
 * @throws CliError kernel-too-old, not-permitted, image-invalid; errors of system calls
 */
export async function kernelMount(
  options: ComposefsMount,
  { signal, readImage }: KernelMountContext,
): Promise<MountedComposefs> {
  signal.throwIfAborted()
  const mounted = tryMount(options, readImage)
  // A signal that came during the calls is told in the next turn.
  await setImmediate()
  if (signal.aborted) {
    unmountComposefs(mounted.target, { lazy: true })
    signal.throwIfAborted()
  }
  return mounted
}

function tryMount(options: ComposefsMount, readImage: () => Uint8Array): MountedComposefs {
  try {
    return mountComposefs(options)
  } catch (error) {
    throw explainMountFailure(error, readImage)
  }
}
