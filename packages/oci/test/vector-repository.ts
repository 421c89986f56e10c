import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { linuxSystem } from '@composefs/linux'
import { type OpenOptions, openRepository, type Repository } from '@composefs/repository'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { onTestFinished } from 'vitest'
import { unpackTar } from './unpack-tar.ts'

const root = join(vectorsDirectory, 'repo')

/** What is known of one tag of a repository that cfsctl filled. */
export interface TagFacts {
  readonly inspect: Readonly<Record<string, unknown>>
  readonly manifest_sha256: string
  readonly config_sha256: string
  readonly image_ids?: Readonly<Record<string, string>>
  readonly tree_dump?: string
  readonly tree_dump_keep_user_xattrs?: string
}

/** What is known of such a repository. */
export interface RepositoryFacts {
  readonly refs: Readonly<Record<string, string>>
  readonly images: Readonly<Record<string, unknown>>
  readonly streams: Readonly<Record<string, { readonly verity: string }>>
  readonly oci_images_json?: { readonly images: readonly { readonly name: string }[] }
  readonly tags?: Readonly<Record<string, TagFacts>>
  readonly layers?: Readonly<Record<string, { readonly json: unknown; readonly dumpfile: string }>>
}

const index = JSON.parse(readFileSync(join(root, 'index.json'), 'utf8')) as {
  readonly repos: Readonly<Record<string, { readonly file: string; readonly facts: string }>>
}

/** Names of the repositories of the vectors. */
export const vectorRepositoryNames: readonly string[] = Object.keys(index.repos)

/** What is known of a repository of the vectors. */
export function vectorRepositoryFacts(name: string): RepositoryFacts {
  return JSON.parse(readFileSync(join(root, `repos/${name}.json`), 'utf8')) as RepositoryFacts
}

/** A copy of a repository of the vectors, which goes with the test. */
export async function vectorRepository(
  name: string,
  options: Omit<OpenOptions, 'system'> = {},
): Promise<Repository> {
  const path = join(unpackTar(join(root, `repos/${name}.tar`)), name)
  const repository = await openRepository(path, { system: linuxSystem, ...options })
  onTestFinished(() => repository.close())
  return repository
}
