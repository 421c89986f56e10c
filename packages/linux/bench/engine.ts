/**
 * What the libraries inside node cost when they are called directly, against node:crypto and node:zlib:
 *
 *     node --conditions=composefs-source packages/linux/bench/engine.ts [ROUNDS]
 *
 * Both sides take turns; of each the fastest and the median time are told, per unit or as a rate, and their ratio.
 */
import { createHash, randomFillSync } from 'node:crypto'
import { Readable } from 'node:stream'
import { createGunzip, createZstdDecompress, gzipSync, zstdCompressSync } from 'node:zlib'
import { ALGORITHMS } from '@composefs/fsverity'
import { nodeHashing } from '@composefs/fsverity/node'
import type { Decoder } from '../src/engine/decoder.ts'
import { createEngine } from '../src/engine/engine.ts'

const SLOT = 1 << 20
const ROUNDS = Number(process.argv[2] ?? 30)

const { hashing, decoders } = createEngine({ fallback: nodeHashing, choice: 'native' })

/** Results go here, so that nothing is left out. */
let sink = 0

interface Side {
  readonly name: string
  run(): unknown
}

async function compare(what: string, units: { count: number; name: string }, sides: Side[]) {
  const times = sides.map((): number[] => [])
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, side] of sides.entries()) {
      const start = process.hrtime.bigint()
      await side.run()
      times[i]?.push(Number(process.hrtime.bigint() - start))
    }
  }
  // The first rounds warm up.
  const sorted = times.map(samples => samples.slice(2).sort((a, b) => a - b))
  const least = sorted.map(samples => samples[0] ?? 0)
  const median = sorted.map(samples => samples[samples.length >> 1] ?? 0)
  const [ours = 0, ...others] = least
  const columns = sides.map((side, i) => {
    const figure =
      units.name === 'MB'
        ? `${Math.round((units.count / (least[i] ?? 1)) * 1000)} MB/s`
        : `${Math.round((least[i] ?? 0) / units.count)} ns`
    const spread = Math.round(((median[i] ?? 0) / (least[i] ?? 1) - 1) * 100)
    return `${side.name} ${figure} (+${spread} %)`
  })
  const ratios = others.map(other => (ours / other).toFixed(2)).join(', ')
  console.log(`${what.padEnd(34)} ${columns.join('; ')}; ratio ${ratios}`)
}

const shared = new Uint8Array(new SharedArrayBuffer(SLOT))
shared.set(randomFillSync(new Uint8Array(SLOT)))
const out = new Uint8Array((SLOT / 4096) * 64)

for (const algorithm of ALGORITHMS) {
  const { name } = algorithm
  for (const size of [SLOT, 64 * 1024, 8192, 4096, 4095, 2300, 300, 65]) {
    const count = Math.min(400, SLOT / size) | 0
    const run = (hasher: ReturnType<typeof hashing.blocks>) => () => {
      for (let i = 0; i < count; i++) {
        hasher.hashBlocks(shared.subarray(i * size, (i + 1) * size), 4096, out)
      }
      sink += out[0] as number
    }
    const blocks = count * Math.ceil(size / 4096)
    await compare(`${name}: files of ${size}, per block`, { count: blocks, name: 'blocks' }, [
      { name: 'native', run: run(hashing.blocks(algorithm)) },
      { name: 'node', run: run(nodeHashing.blocks(algorithm)) },
    ])
  }
  const descriptor = new Uint8Array(256).fill(1)
  const hashes = (hasher: ReturnType<typeof hashing.blocks>) => () => {
    for (let i = 0; i < 400; i++) hasher.hashBlocks(descriptor, 256, out)
    sink += out[0] as number
  }
  await compare(`${name}: a descriptor`, { count: 400, name: 'hashes' }, [
    { name: 'native', run: hashes(hashing.blocks(algorithm)) },
    { name: 'node', run: hashes(nodeHashing.blocks(algorithm)) },
  ])
  await compare(`${name}: one stream, slots`, { count: 8 * SLOT, name: 'MB' }, [
    {
      name: 'native',
      run() {
        const hash = hashing.stream(name)
        for (let i = 0; i < 8; i++) hash.update(shared)
        sink += hash.digest()[0] as number
      },
    },
    {
      name: 'node',
      run() {
        const hash = createHash(name)
        for (let i = 0; i < 8; i++) hash.update(shared)
        sink += hash.digest()[0] as number
      },
    },
  ])
}

/** Something like a layer: a third of it noise, the rest repeats itself. */
const content = Buffer.alloc(16 * SLOT)
for (let at = 0; at < content.length; at += 3000) {
  randomFillSync(content, at, Math.min(1000, content.length - at))
  content.fill(
    `line ${at} of a file that compresses\n`,
    Math.min(at + 1000, content.length),
    Math.min(at + 3000, content.length),
  )
}

const formats = [
  { name: 'gzip', pack: gzipSync, open: decoders.gzip, stream: createGunzip },
  { name: 'zstd', pack: zstdCompressSync, open: decoders.zstd, stream: createZstdDecompress },
]

for (const { name, pack, open, stream } of formats) {
  const packed = pack(content)
  const chunks: Buffer[] = []
  for (let at = 0; at < packed.length; at += 256 * 1024) {
    chunks.push(packed.subarray(at, at + 256 * 1024))
  }
  const decoder = open() as Decoder
  const viaStream = (options: { chunkSize?: number }) => async () => {
    for await (const piece of Readable.from(chunks).pipe(stream(options))) {
      shared.set(piece as Uint8Array)
      sink += shared[0] as number
    }
  }
  await compare(`${name}: into slots`, { count: content.length, name: 'MB' }, [
    {
      name: 'native',
      run() {
        decoder.reset()
        for (const chunk of chunks) {
          for (let at = 0; at < chunk.length; ) at += decoder.step(chunk.subarray(at), shared).read
        }
        sink += shared[0] as number
      },
    },
    { name: 'node, 1 MiB', run: viaStream({ chunkSize: SLOT }) },
    { name: 'node, default', run: viaStream({}) },
  ])
  const tiny = pack(Buffer.from('tiny'))
  const room = shared.subarray(0, 100)
  await compare(`${name}: members of 4 bytes`, { count: 1000, name: 'members' }, [
    {
      name: 'native',
      run() {
        for (let i = 0; i < 1000; i++) {
          decoder.reset()
          sink += decoder.step(tiny, room).written
        }
      },
    },
  ])
}

process.exitCode = sink === 0 ? 1 : 0
