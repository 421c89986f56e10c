import { concatBytes, parseHex } from '@composefs/bytes'
import {
  checkImage,
  chooseVersion,
  type ErofsVersion,
  encodeImage,
  imageDigest,
  openImage,
} from '@composefs/erofs'
import { algorithmByName, nobleHashing, SHA256, SHA512 } from '@composefs/fsverity'
import { DumpParser, type FileTree, parseDump, writeDump } from '@composefs/tree'
import { sha256 } from './plain-hash.ts'
import { type Rows, same } from './report.ts'
import type { Vectors } from './vectors.ts'

interface Golden {
  readonly size: number
  readonly sha256: string
  readonly verity_sha256: string
  readonly verity_sha512: string
  readonly image?: string
}

interface Case {
  readonly name: string
  readonly dump: string | null
  readonly algorithm: string
  readonly versions: Readonly<Record<`${ErofsVersion}`, Golden | null>>
  readonly dump_sha256: string
  readonly dump_lossy?: string
  readonly default_version?: number
}

interface Index {
  readonly cases: readonly Case[]
  readonly must_fail: readonly {
    readonly name: string
    readonly dump: string | null
    readonly algorithm: string
    readonly must_fail: readonly ErofsVersion[]
  }[]
  readonly hostile: readonly {
    readonly name: string
    readonly case: string
    readonly version: ErofsVersion
    readonly patch: readonly (readonly [number, string])[]
    readonly truncate?: number
  }[]
}

const VERSIONS = [0, 1, 2] as const

/** Dump files to trees and back, trees to images and back, and what is to be refused. */
export async function runImages(vectors: Vectors, rows: Rows): Promise<void> {
  const index = await vectors.json<Index>('erofs/index.json')
  const dumps = new Map<string, Uint8Array>()
  for (const { dump } of [...index.cases, ...index.must_fail]) {
    if (dump !== null) dumps.set(dump, await vectors.bytes(`erofs/${dump}`))
  }
  const read = (entry: { readonly dump: string | null; readonly algorithm: string }) =>
    parseDump(dumps.get(entry.dump ?? '') ?? new Uint8Array(0), algorithmOf(entry))

  for (const golden of index.cases) {
    await rows.row('dump files', golden.name, () => checkDump(read(golden), golden, dumps))
    for (const version of VERSIONS) {
      const image = golden.versions[version]
      if (image === null) continue
      await rows.row('images written', `${golden.name} V${version}`, async () => {
        const stored = image.image && (await vectors.bytes(`erofs/${image.image}`))
        checkWritten(read(golden), version, image, stored || undefined)
      })
      await rows.row('images read', `${golden.name} V${version}`, () => {
        checkRead(encodeImage(read(golden), { version }), version, golden)
      })
    }
  }
  for (const bad of index.must_fail) {
    for (const version of bad.must_fail) {
      const name = `${bad.name} V${version}`
      await rows.refused('trees refused', name, () => encodeImage(read(bad), { version }))
    }
  }
  for (const hostile of index.hostile) {
    const golden = index.cases.find(each => each.name === hostile.case)
    if (golden === undefined) throw new Error(`no case ${hostile.case}`)
    await rows.refused('images refused', hostile.name, () => {
      const bytes = encodeImage(read(golden), { version: hostile.version })
      for (const [offset, hex] of hostile.patch) bytes.set(parseHex(hex) ?? [], offset)
      const image = bytes.subarray(0, hostile.truncate ?? bytes.length)
      openImage(image, { algorithm: algorithmOf(golden) }).toTree()
    })
  }
}

function checkDump(tree: FileTree, golden: Case, dumps: ReadonlyMap<string, Uint8Array>): void {
  same('the dump', sha256(writeDump(tree)), golden.dump_sha256)
  const bytes = dumps.get(golden.dump ?? '') ?? new Uint8Array(0)
  const parser = new DumpParser(algorithmOf(golden))
  for (let at = 0; at < bytes.length; at += 97) parser.write(bytes.subarray(at, at + 97))
  same('the dump in pieces', sha256(writeDump(parser.finish())), golden.dump_sha256)
  if (typeof golden.default_version === 'number') {
    same('the version', chooseVersion(tree), golden.default_version)
  }
}

function checkWritten(
  tree: FileTree,
  version: ErofsVersion,
  golden: Golden,
  stored?: Uint8Array,
): void {
  const bytes = encodeImage(tree, { version })
  same('the size', bytes.length, golden.size)
  same('the hash', sha256([bytes]), golden.sha256)
  if (stored !== undefined) same('the stored image', sha256([stored]), golden.sha256)
  for (const [algorithm, id] of [
    [SHA256, golden.verity_sha256],
    [SHA512, golden.verity_sha512],
  ] as const) {
    same(algorithm.name, imageDigest(tree, { version, algorithm, hashing: nobleHashing }).hex, id)
  }
}

function checkRead(bytes: Uint8Array, version: ErofsVersion, golden: Case): void {
  const image = openImage(bytes, { algorithm: algorithmOf(golden) })
  same('reproducible', checkImage(image).isReproducible, true)
  if (version === 2 || golden.dump_lossy !== undefined) return
  const dump = concatBytes([...writeDump(image.toTree(algorithmOf(golden)))])
  same('the dump of the image', sha256([dump]), golden.dump_sha256)
}

function algorithmOf({ algorithm }: { readonly algorithm: string }) {
  return algorithmByName(algorithm) ?? SHA256
}
