import { realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** The file of koffi for this machine, which the executable carries. */
export function koffiLibrary(): string {
  const { resolve } = createRequire(import.meta.url)
  const koffi = realpathSync(dirname(resolve('koffi')))
  return join(koffi, `../@koromix/koffi-linux-${process.arch}/linux_${process.arch}/koffi.node`)
}
