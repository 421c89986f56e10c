import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Algorithm, algorithmByName } from '@composefs/fsverity'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { type FileTree, parseDump } from '@composefs/tree'
import type { ErofsVersion } from '../src/index.ts'

const directory = join(vectorsDirectory, 'erofs')

export interface VectorImage {
  readonly size: number
  readonly sha256: string
  readonly verity_sha256: string
  readonly verity_sha512: string
  readonly image?: string
}

export interface VectorCase {
  readonly name: string
  readonly dump: string
  readonly algorithm: string
  readonly versions: Readonly<Record<'0' | '1' | '2', VectorImage | null>>
  readonly dump_sha256: string
  readonly default_version?: number
  readonly dump_lossy?: string
}

interface Index {
  readonly cases: readonly VectorCase[]
  readonly must_fail: readonly {
    readonly name: string
    readonly dump: string
    readonly algorithm: string
    readonly reason: string
    readonly must_fail: readonly ErofsVersion[]
  }[]
  readonly hostile: readonly {
    readonly name: string
    readonly case: string
    readonly version: ErofsVersion
    readonly patch: readonly (readonly [number, string])[]
    readonly truncate?: number
    readonly reason: string
  }[]
}

/** The golden images; their origin is in the README of the vectors. */
export const vectors: Index = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8'))

export const VERSIONS = [0, 1, 2] as const

/** Every image of every case. */
export const vectorImages = vectors.cases.flatMap(golden =>
  VERSIONS.flatMap(version => {
    const image = golden.versions[version]
    return image === null ? [] : [{ name: `${golden.name} V${version}`, golden, version, image }]
  }),
)

export function readVector(file: string): Uint8Array {
  return new Uint8Array(readFileSync(join(directory, file)))
}

export function vectorAlgorithm(entry: { readonly algorithm: string }): Algorithm {
  const algorithm = algorithmByName(entry.algorithm)
  if (algorithm === undefined) throw new RangeError(`algorithm ${entry.algorithm}`)
  return algorithm
}

export function vectorTree(entry: { readonly dump: string; readonly algorithm: string }): FileTree {
  return parseDump(readVector(entry.dump), vectorAlgorithm(entry))
}

export function caseNamed(name: string): VectorCase {
  const found = vectors.cases.find(golden => golden.name === name)
  if (found === undefined) throw new RangeError(`no vector ${name}`)
  return found
}
