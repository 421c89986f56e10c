import { closeSync, constants, openSync } from 'node:fs'
import { attemptTrial, type Trial } from './trial.ts'

/** Tries to open the device through which a file system in user space talks to the kernel. */
export function probeFuse(): Trial {
  return attemptTrial(() => {
    closeSync(openSync('/dev/fuse', constants.O_RDWR))
    return {}
  })
}
