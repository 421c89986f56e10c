import { linuxSystem } from '@composefs/linux'
import { openRepository } from '../../src/index.ts'

// Run as a program of its own by system-calls.test.ts: stores so many objects.
const [path = '', first = '0', count = '0'] = process.argv.slice(2)
await using repository = await openRepository(path, { system: linuxSystem })
for (let i = 0; i < Number(count); i++) {
  repository.objects.put(Buffer.alloc(3000, `content ${Number(first) + i} `))
}
