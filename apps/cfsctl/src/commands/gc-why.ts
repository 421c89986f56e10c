import { Digest } from '@composefs/fsverity'
import { explainObject, type Repository, rootPath } from '@composefs/repository'
import type { Context } from '../context.ts'
import { CliError } from '../errors/cli-error.ts'
import type { Result } from '../output/result.ts'
import { rootLabel } from './root-label.ts'

/** Tells which names keep an object, and by which way. */
export async function explainWhy(
  repository: Repository,
  text: string,
  { roots, context }: { readonly roots: readonly string[]; readonly context: Context },
): Promise<Result> {
  const { console, signal } = context
  const object = parseObject(text, repository)
  if (!repository.objects.has(object)) console.warning(`there is no object ${object}`)
  const explanations = await explainObject(repository, object, {
    roots,
    signal,
    onBroken: ({ path, reason }) => console.warning(`${path}: ${reason}`),
  })
  const lines = explanations.flatMap(({ path: [first = '', ...others] }) => [
    first,
    ...others.map(step => `  ${step}`),
  ])
  return {
    lines: lines.length > 0 ? lines : [`Nothing keeps ${object}`],
    json: {
      schema: 'cfsctl.gc-why/1',
      object: object.hex,
      present: repository.objects.has(object),
      kept_by: explanations.map(({ root, path }) => ({
        ...rootLabel(root),
        root: rootPath(root),
        path,
      })),
    },
  }
}

/** An object as any command prints it: `sha512:HEX`, `HEX`, `ab/cdef…` or `objects/ab/cdef…`. */
function parseObject(text: string, { algorithm }: Repository): Digest {
  const bare = text.replace(/^objects\//, '')
  const digest =
    Digest.parse(bare) ?? Digest.fromHex(bare, algorithm) ?? Digest.fromObjectPath(bare, algorithm)
  if (digest?.algorithm === algorithm) return digest
  throw new CliError('invalid-digest', `${text} is no object of a ${algorithm.name} repository`)
}
