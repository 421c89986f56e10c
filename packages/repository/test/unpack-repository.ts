import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { temporaryDirectory } from './directories.ts'

const repositories = join(vectorsDirectory, 'repo', 'repos')

/** Unpacks a repository of the vectors into a directory that goes with the test. */
export function unpackRepository(name: string): string {
  const directory = temporaryDirectory()
  execFileSync('tar', ['-xpf', join(repositories, `${name}.tar`), '-C', directory])
  return join(directory, name)
}

/** The facts that go with a repository of the vectors. */
export function readFacts(name: string): RepositoryFacts {
  return JSON.parse(readFileSync(join(repositories, `${name}.json`), 'utf8')) as RepositoryFacts
}

/** What the vectors say of a repository. */
export interface RepositoryFacts {
  readonly objects: Readonly<Record<string, number>>
  readonly streams: Readonly<Record<string, StreamFacts>>
  readonly refs: Readonly<Record<string, string>>
  readonly images: Readonly<Record<string, ImageFacts>>
  readonly image_refs: Readonly<Record<string, string>>
  readonly algorithm?: string
  readonly images_json?: {
    readonly images: readonly { readonly name: string; readonly digest: string }[]
  }
}

export interface StreamFacts {
  readonly verity: string
  readonly content_type: string
  readonly file_size: number
  readonly stream_size: number
  readonly object_refs: readonly string[]
  readonly stream_refs: readonly string[]
  readonly named_refs: Readonly<Record<string, string>>
  readonly content_sha256: string
}

export interface ImageFacts {
  readonly link: string
  readonly size: number
}
