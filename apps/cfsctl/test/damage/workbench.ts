import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { createMaterial, type Damage } from '@composefs/test-fixtures/damage'
import { afterAll } from 'vitest'
import { unpack } from '../unpack.ts'
import type { Workbench } from './commands.ts'
import { runInProcess } from './in-process.ts'

/** A workbench that is set up again for each damage. */
export interface DamageBench extends Workbench {
  /** The sound repository that the damaged one is a copy of. */
  readonly whole: string
  /** What symlinks lead to. Nothing may write there. */
  readonly outside: string
  /** Starts from sound repositories again. */
  reset(): void
  /** Damages an entry of the repository; false where this cannot be done. */
  damage(entry: string, damage: Damage): boolean
}

const names: Workbench['names'] = {
  layer: 'sha256:7cc76fddc0804f5cda1f28025842c1b8c2f989e09eec6063e97bd3130411db97',
  config: 'sha256:14fa2f796316216b7d1f16f47ff587c872f8d94e3567aabab5f44050d38d46c5',
  manifest: 'sha256:c33061e204e9e50eeed0d136c2a10ce1b0aa88f6f1579a666b74cef7dd91304a',
  image: '4820a41e41802a11a1d32b0cc81a64bbc306de7350118a5bbeb2bcf4476eebee',
}

/** Sets up repositories, the layout they were pulled from, and one file of each kind to damage them with. */
export async function damageBench(): Promise<DamageBench> {
  const work = mkdtempSync(join(tmpdir(), 'cfsctl-damage-'))
  const at = (name: string) => join(work, name)
  const vectors = join(vectorsDirectory, 'repo')
  for (const name of ['material', 'outside', 'scratch', 'repository']) mkdirSync(at(name))
  unpack(join(vectors, 'repos/sealed.tar'), at('whole'))
  unpack(join(vectors, 'layouts/sealed.tar'), at('layout'))
  const whole = join(at('whole'), 'sealed')
  addRefs(whole)
  writeFileSync(at('scratch/image'), readFileSync(join(whole, 'images', names.image)))
  const layer = await runInProcess(['--repo', whole, 'cat', `oci-layer-${names.layer}`])
  writeFileSync(at('scratch/layer'), layer.stdout)
  const material = await createMaterial(at('material'))
  afterAll(() => {
    material.close()
    rmSync(work, { recursive: true, force: true })
  })
  const [repository, other, outside] = [at('repository'), at('other'), at('outside')]
  return {
    whole,
    repository,
    other,
    outside,
    names,
    scratch: at('scratch'),
    layout: join(at('layout'), 'sealed'),
    reset() {
      for (const stale of [repository, other, outside])
        rmSync(stale, { recursive: true, force: true })
      mkdirSync(outside)
      copy(whole, repository)
      copy(whole, other)
    },
    damage: (entry, damage) => damage.apply(join(repository, entry), { material, outside }),
  }
}

function copy(from: string, to: string): void {
  cpSync(from, to, { recursive: true, verbatimSymlinks: true })
}

/** Refs to a stream and to an image, which a repository of OCI images alone does not have. */
function addRefs(path: string): void {
  const { config, image } = names
  mkdirSync(join(path, 'images/refs/my'), { recursive: true })
  symlinkSync(`../../${image}`, join(path, 'images/refs/my/image'))
  symlinkSync(`../oci-config-${config}`, join(path, 'streams/refs/mine'))
}
