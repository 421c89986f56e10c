import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SHA256 } from '@composefs/fsverity'
import { linuxSystem } from '@composefs/linux'

/** Why files in the temporary directory have no fs-verity; undefined when they have. */
export function whyNoVerity(): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'composefs-ability-'))
  try {
    writeFileSync(join(directory, 'file'), '')
    const file = openSync(join(directory, 'file'), 'r')
    const { state } = linuxSystem.measureVerity(file, SHA256)
    closeSync(file)
    return state === 'disabled' ? undefined : 'the temporary directory has no fs-verity'
  } finally {
    rmSync(directory, { recursive: true })
  }
}
