import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openImage } from '@composefs/erofs'
import type { Digest } from '@composefs/fsverity'
import { linuxSystem } from '@composefs/linux'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { createMaterial, type Damage, type Material } from '@composefs/test-fixtures/damage'
import { afterAll } from 'vitest'
import { isRepositoryError, openRepository, type Repository } from '../../src/index.ts'

/** A small repository that can be damaged again and again. */
export interface DamagedRepository {
  /** Holds the repository and what lies beside it. */
  readonly directory: string
  readonly path: string
  /** Damages an entry; false where this cannot be done. */
  damage(entry: string, damage: Damage): boolean
  /** Gives an entry back what it was. */
  restore(entry: string): void
  /** Gives everything back. */
  reset(): void
}

/**
 * A repository of the vectors with a bit of everything: two images with their tags, an EROFS image, and refs to a
 * stream and to that image beside them.
 */
export async function damagedRepository(): Promise<DamagedRepository> {
  const work = mkdtempSync(join(tmpdir(), 'composefs-damage-'))
  const whole = join(work, 'sealed')
  const [directory, materials] = [join(work, 'directory'), join(work, 'material')]
  const [path, outside] = [join(directory, 'repository'), join(directory, 'outside')]
  const archive = join(vectorsDirectory, 'repo/repos/sealed.tar')
  execFileSync('tar', ['-xpf', archive, '-C', work])
  await addRefs(whole)
  for (const made of [directory, materials, outside]) mkdirSync(made)
  copy(whole, path)
  const material: Material = await createMaterial(materials)
  afterAll(() => {
    material.close()
    rmSync(work, { recursive: true, force: true })
  })
  return {
    directory,
    path,
    damage: (entry, damage) => damage.apply(join(path, entry), { material, outside }),
    restore: entry => {
      rmSync(join(path, entry), { recursive: true, force: true })
      rmSync(outside, { recursive: true })
      mkdirSync(outside)
      copy(join(whole, entry), join(path, entry))
    },
    reset: () => {
      for (const stale of [path, outside]) rmSync(stale, { recursive: true, force: true })
      mkdirSync(outside)
      copy(whole, path)
    },
  }
}

async function addRefs(path: string): Promise<void> {
  await using repository = await openRepository(path, { system: linuxSystem })
  const { streams, images } = repository
  for (const image of images.list()) images.setRef('my/image', image)
  const [config] = [...streams.list()].filter(({ id }) => id.startsWith('oci-config'))
  if (config === undefined) throw new Error('the repository of the vectors has no config')
  streams.setRef('mine', config.id)
}

function copy(from: string, to: string): void {
  cpSync(from, to, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true })
}

/** What is found out about the repository in a directory, or the code of the refusal to open it. */
export async function lookAt<T>(
  path: string,
  look: (repository: Repository) => Promise<T>,
): Promise<T | { readonly refused: string }> {
  try {
    await using repository = await openRepository(path, { system: linuxSystem })
    return await look(repository)
  } catch (error) {
    if (isRepositoryError(error)) return { refused: error.code }
    throw error
  }
}

/** The objects that a name or another object of the repository needs, by their paths. */
export async function neededObjects(path: string): Promise<ReadonlySet<string>> {
  await using repository = await openRepository(path, { system: linuxSystem })
  const { streams, images } = repository
  const needed: Digest[] = []
  for (const { id, digest } of streams.list()) {
    const { objectReferences, namedReferences } = await streams.open(id)
    needed.push(digest, ...objectReferences, ...namedReferences.values())
  }
  for (const digest of images.list()) {
    needed.push(digest, ...openImage(images.open(digest).bytes()).objects())
  }
  return new Set(needed.map(digest => `objects/${digest.objectPath}`))
}
