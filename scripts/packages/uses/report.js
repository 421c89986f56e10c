import { mkdtempSync, rmSync } from 'node:fs'
import { linuxSystem } from '@composefs/linux'
import { reportDocument, reportRepository } from '@composefs/report'
import { initRepository, openRepository } from '@composefs/repository'

const path = mkdtempSync('repository-')
await initRepository(path, { system: linuxSystem, insecure: true })
const repository = await openRepository(path, { system: linuxSystem })
console.log(Object.keys(reportDocument(await reportRepository(repository))).includes('images'))
await repository.close()
rmSync(path, { recursive: true })
