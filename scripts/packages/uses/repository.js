import { mkdtempSync, rmSync } from 'node:fs'
import { linuxSystem } from '@composefs/linux'
import { initRepository, openRepository } from '@composefs/repository'
import { createObjectWork } from '@composefs/repository/thread'

const path = mkdtempSync('repository-')
await initRepository(path, { system: linuxSystem, insecure: true })
const repository = await openRepository(path, { system: linuxSystem, mode: 'write' })
const { digest, isNew } = repository.objects.put(new TextEncoder().encode('an object'))
console.log(
  isNew,
  digest.hex === repository.objects.put(repository.objects.read(digest)).digest.hex,
)
console.log(repository.algorithm.name, typeof createObjectWork)
await repository.close()
rmSync(path, { recursive: true })
