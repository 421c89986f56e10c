import type { RegistryOptions } from '@composefs/registry'
import type { Platform } from '../document/platform.ts'

/** How to open an image in a registry. */
export interface OpenRegistryOptions {
  /** Which image of an index. Default: that of this machine. */
  readonly platform?: Platform | undefined
  readonly registry?: RegistryOptions | undefined
}
