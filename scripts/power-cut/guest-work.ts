import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { SHA256 } from '../../packages/fsverity/src/index.ts'
import { linuxSystem } from '../../packages/linux/src/index.ts'
import {
  copyImage,
  type ImageSource,
  listTags,
  openSource,
  pull,
  removeTag,
  seal,
} from '../../packages/oci/src/index.ts'
import { collectGarbage, initRepository } from '../../packages/repository/src/index.ts'
import { seededRandom } from '../../test-fixtures/src/random.ts'
import { type GuestRepository, tell } from './guest-repository.ts'
import type { GuestTask, KnownImage } from './messages.ts'

/** A repository that is made again and again. */
export const FRESH = 'fresh'

/** Pulls, seals, copies, collects and makes repositories, until the power is cut. */
export async function workForEver(
  repositories: { readonly secure: GuestRepository; readonly plain: GuestRepository },
  task: GuestTask,
): Promise<never> {
  const random = seededRandom(task.seed)
  const { secure, plain } = repositories
  for (;;) {
    const [at, other] = random.below(2) === 0 ? [secure, plain] : [plain, secure]
    await makeFresh(task)
    await untagAll(at)
    await collect(at)
    for (const image of task.images) {
      await pullAs(at, image, random.below(2) === 0)
      await sealAs(at, image)
    }
    await untagAll(other)
    await collect(other)
    for (const image of task.images) await copyAs(at, other, image)
    // A pause in which the kernel may write as it likes.
    await delay(random.below(1000))
  }
}

async function makeFresh(task: GuestTask): Promise<void> {
  const path = join(task.directory, FRESH)
  rmSync(path, { recursive: true, force: true })
  tell({ kind: 'stage', stage: 'init', operation: 'init' })
  await initRepository(path, { system: linuxSystem, algorithm: SHA256 })
}

function untagAll(at: GuestRepository): Promise<void> {
  return at.run('untag', 'untag', repository => {
    for (const { name } of listTags(repository)) removeTag(repository, name)
  })
}

async function collect(at: GuestRepository): Promise<void> {
  await at.run('gc', 'mark', repository => collectGarbage(repository))
}

/** From afar, every layer gets its name as soon as it is complete. */
async function pullAs(at: GuestRepository, image: KnownImage, isFar: boolean): Promise<void> {
  await at.run('pull', 'objects', async repository => {
    await using source = await openSource(image.layout)
    await pull(repository, isFar ? asFar(source) : source, { tag: image.tag })
  })
}

function asFar(near: ImageSource): ImageSource {
  return {
    description: near.description,
    isLocal: false,
    manifest: options => near.manifest(options),
    blob: (descriptor, options) => near.blob(descriptor, options),
    close: () => near.close(),
    [Symbol.asyncDispose]: () => near.close(),
  }
}

async function sealAs(at: GuestRepository, { tag }: KnownImage): Promise<void> {
  await at.run('seal', 'objects', repository => seal(repository, tag, { tag: `${tag}-sealed` }))
}

async function copyAs(
  from: GuestRepository,
  to: GuestRepository,
  { tag }: KnownImage,
): Promise<void> {
  await from.run('read', 'check', source =>
    to.run('copy', 'objects', target => copyImage(source, tag, target, { tag })),
  )
}
