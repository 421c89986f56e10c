import type { Hashing } from '@composefs/fsverity'
import { nodeHashing } from '@composefs/fsverity/node'
import { createOpensslHashing, linuxSystem } from '@composefs/linux'
import type { System } from '@composefs/repository'

/** Who hashes: the OpenSSL inside Node where it can be called directly. */
export const hashing: Hashing = createOpensslHashing(nodeHashing)

/** Who asks the kernel. */
export const system: System = linuxSystem
