import { listImages } from '@composefs/oci'
import type { Args } from '../../command.ts'
import type { Context } from '../../context.ts'
import { messageOf } from '../../errors/message.ts'
import type { Result } from '../../output/result.ts'
import { openChosen } from '../../repository/open.ts'
import type { ociImages } from './images.ts'
import { shortDigest } from './short-digest.ts'

export async function run(_args: Args<typeof ociImages>, context: Context): Promise<Result> {
  // Names that vanish meanwhile are left out, so this need not wait for a garbage collection.
  await using repository = await openChosen(context, { lock: 'none' })
  const images = await listImages(repository, {
    onBroken: (name, error) => context.console.warning(`${name} is left out: ${messageOf(error)}`),
  })
  return {
    table: {
      header: ['NAME', 'DIGEST', 'ARCH', 'LAYERS', 'REFS'],
      rows: images.map(image => [
        image.name,
        shortDigest(image.manifest_digest),
        image.is_container ? image.architecture : 'artifact',
        String(image.layer_count),
        String(image.referrer_count),
      ]),
      whenEmpty: 'No images found',
    },
    json: { images: images.map(image => ({ ...image })) },
  }
}
