import { listTags, readTag, removeTag } from '@composefs/oci'
import { nearestWords } from '../../arguments/nearest.ts'
import type { Args } from '../../command.ts'
import type { Context } from '../../context.ts'
import { CliError } from '../../errors/cli-error.ts'
import type { Result } from '../../output/result.ts'
import { shellWord } from '../../output/shell-word.ts'
import { openChosen } from '../../repository/open.ts'
import type { ociUntag } from './untag.ts'

export async function run(args: Args<typeof ociUntag>, context: Context): Promise<Result> {
  await using repository = await openChosen(context, { mode: 'write' })
  const { name } = args
  const digest = readTag(repository, name)
  if (!removeTag(repository, name)) {
    const names = listTags(repository).map(tag => tag.name)
    throw new CliError('tag-not-found', `OCI reference not found: ${name}`, {
      hints: nearestWords(name, names).map(near => `did you mean ${near}?`),
      context: { tag: name },
    })
  }
  if (digest !== undefined) {
    context.console.notice(`undo it by: cfsctl oci tag ${digest} ${shellWord(name)}`)
  }
  return {
    lines: [`Removed tag ${name}`],
    json: { schema: 'cfsctl.oci-untag/1', name, digest: digest ?? null, changed: true },
  }
}
