import { accessSync, closeSync, constants, openSync, readdirSync, readFileSync } from 'node:fs'
import { mountComposefs, unmountComposefs } from '../src/index.ts'
import { makeSample, removeSample } from './sample-image.ts'

/** Why this machine cannot mount composefs images here; undefined when it can. */
export function whyNoMounts(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root to mount'
  const sample = makeSample()
  const image = openSync(sample.image, constants.O_RDONLY)
  try {
    mountComposefs({
      image,
      objects: [sample.objects],
      target: sample.target,
      name: 'ability',
      verity: 'off',
    })
    unmountComposefs(sample.target)
    return undefined
  } catch (error) {
    return `mounting does not work here: ${(error as Error).message}`
  } finally {
    closeSync(image)
    removeSample(sample)
  }
}

/** Why this machine has no loop devices; undefined when it has. */
export function whyNoLoops(): string | undefined {
  try {
    accessSync('/dev/loop-control', constants.R_OK | constants.W_OK)
    return readdirSync('/dev').some(name => /^loop\d/.test(name)) ? undefined : 'no /dev/loopN'
  } catch {
    return 'needs /dev/loop-control'
  }
}

/** True for kernels of at least this version. */
export function isKernel(major: number, minor: number): boolean {
  const [, a, b] = /^(\d+)\.(\d+)/.exec(readFileSync('/proc/sys/kernel/osrelease', 'utf8')) ?? []
  return Number(a) > major || (Number(a) === major && Number(b) >= minor)
}
