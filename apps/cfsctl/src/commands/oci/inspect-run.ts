import { inspectImage, openImage } from '@composefs/oci'
import type { Args } from '../../command.ts'
import type { Context } from '../../context.ts'
import { formatJson } from '../../output/json.ts'
import type { Result } from '../../output/result.ts'
import { openChosen } from '../../repository/open.ts'
import type { ociInspect } from './inspect.ts'

const NEWLINE = Uint8Array.of(0x0a)

export async function run(args: Args<typeof ociInspect>, context: Context): Promise<Result> {
  await using repository = await openChosen(context)
  const image = await openImage(repository, args.image)
  if (args.manifest) return { bytes: [image.manifest.json, NEWLINE] }
  if (args.config) return { bytes: [image.config.json, NEWLINE] }
  const document = { ...inspectImage(repository, image) }
  // Without --json the document is that of cfsctl, key for key.
  const { manifest, config, referrers, composefs_erofs, composefs_boot_erofs } = document
  const text = formatJson({ manifest, config, referrers, composefs_erofs, composefs_boot_erofs })
  return { lines: [text.trimEnd()], json: document }
}
