import {
  accessSync,
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SHA256 } from '@composefs/fsverity'
import { measureVerity, mountComposefs, type OverlayForm, unmountComposefs } from '../src/index.ts'
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

/** The forms of the overlay that this kernel takes. */
export function overlayForms(): OverlayForm[] {
  return [
    ...(isKernel(6, 15) ? ['A' as const] : []),
    ...(isKernel(6, 8) ? ['B' as const] : []),
    ...(isKernel(6, 5) ? ['C' as const] : []),
    'D',
  ]
}

/** Why files in the temporary directory have no fs-verity; undefined when they have. */
export function whyNoVerity(): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'composefs-ability-'))
  try {
    writeFileSync(join(directory, 'file'), '')
    const file = openSync(join(directory, 'file'), constants.O_RDONLY)
    const { state } = measureVerity(file, SHA256)
    closeSync(file)
    return state === 'disabled' ? undefined : 'the temporary directory has no fs-verity'
  } finally {
    rmSync(directory, { recursive: true })
  }
}
