import { openImage, readTag, setTag } from '@composefs/oci'
import type { Args } from '../../command.ts'
import type { Context } from '../../context.ts'
import type { Result } from '../../output/result.ts'
import { openChosen } from '../../repository/open.ts'
import type { ociTag } from './tag.ts'

export async function run(args: Args<typeof ociTag>, context: Context): Promise<Result> {
  await using repository = await openChosen(context, { mode: 'write' })
  const { digest } = (await openImage(repository, args.digest)).manifest
  const { name } = args
  const changed = readTag(repository, name) !== digest
  setTag(repository, name, digest)
  return {
    lines: [`Tagged ${digest} as ${name}`],
    json: { schema: 'cfsctl.oci-tag/1', name, digest, changed },
  }
}
