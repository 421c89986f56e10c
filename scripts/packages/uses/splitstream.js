import { fsverityDigest, SHA256 } from '@composefs/fsverity'
import {
  CONTENT_TYPES,
  memorySource,
  openSplitstream,
  SplitstreamWriter,
} from '@composefs/splitstream'
import { nodeZstd } from '@composefs/splitstream/node'
import { beginsWithFrame } from '@composefs/splitstream/zstd'

const encoder = new TextEncoder()
const object = encoder.encode('the bulk')
const digest = fsverityDigest(object, { algorithm: SHA256 })
const writer = new SplitstreamWriter({
  algorithm: SHA256,
  contentType: CONTENT_TYPES.layer,
  zstd: nodeZstd,
})
writer.writeInline(encoder.encode('a header, '))
writer.writeExternal(digest, object.length)
const bytes = await writer.finish()
const stream = await openSplitstream(memorySource(bytes), { algorithm: SHA256, zstd: nodeZstd })
let text = ''
for await (const piece of stream.cat(() => [object])) text += new TextDecoder().decode(piece)
console.log(text, stream.size, beginsWithFrame(bytes))
