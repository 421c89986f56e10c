import { linuxSystem } from '@composefs/linux'
import { openRepository } from '../src/index.ts'

// Run as a program of its own by linux.test.ts: stores the same objects as its brothers at the same time.
const [path = '', count = '0'] = process.argv.slice(2)
const repository = await openRepository(path, { system: linuxSystem })
let created = 0
for (let i = 0; i < Number(count); i++) {
  const content = Buffer.alloc(3000, `content ${i} `)
  if (repository.objects.put(content).isNew) created++
}
await repository.close()
process.stdout.write(String(created))
