import { mkdtempSync, rmSync } from 'node:fs'
import { linuxSystem } from '@composefs/linux'
import { pull } from '@composefs/oci'
import { DEFAULT_XATTR_MODE } from '@composefs/oci/layer'
import { initRepository, openRepository } from '@composefs/repository'

const path = mkdtempSync('repository-')
await initRepository(path, { system: linuxSystem, insecure: true })
const repository = await openRepository(path, { system: linuxSystem, mode: 'write' })
const image = await pull(repository, 'oci:layout:demo', { tag: 'demo' })
console.log(image.composefsErofs?.hex, DEFAULT_XATTR_MODE)
await repository.close()
rmSync(path, { recursive: true })
