import { fsverityDigest, nobleHashing, SHA256 } from '@composefs/fsverity'
import { nodeHashing } from '@composefs/fsverity/node'

const content = new TextEncoder().encode('hello world')
for (const hashing of [nobleHashing, nodeHashing]) {
  console.log(fsverityDigest(content, { algorithm: SHA256, hashing }).hex)
}
