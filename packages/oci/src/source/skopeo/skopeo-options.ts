import type { RegistryOptions } from '@composefs/registry'
import type { Platform } from '../../document/platform.ts'
import type { SocketPairs } from './message-socket.ts'

/** How to reach skopeo. */
export interface SkopeoOptions {
  /** Who makes the sockets that it is talked to over: `linuxSocketPairs` of `@composefs/linux`. */
  readonly sockets: SocketPairs
  /** Name or path of the program. Default: `skopeo`. */
  readonly program?: string | undefined
}

/** How to open an image through skopeo. */
export interface OpenSkopeoOptions {
  readonly skopeo: SkopeoOptions
  /** The settings of registries go for skopeo, too, as far as it has them. */
  readonly registry?: RegistryOptions | undefined
  /** Which image of an index. Default: what skopeo takes for this machine. */
  readonly platform?: Platform | undefined
  readonly signal?: AbortSignal | undefined
}
