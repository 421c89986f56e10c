import { importLayer, layerStreamId } from '@composefs/oci'
import { publish } from '@composefs/repository'
import type { Args } from '../../command.ts'
import type { Context } from '../../context.ts'
import type { Result } from '../../output/result.ts'
import { openChosen } from '../../repository/open.ts'
import { requireDiffId } from './find-layer.ts'
import type { ociImportLayer } from './import-layer.ts'

export async function run(args: Args<typeof ociImportLayer>, context: Context): Promise<Result> {
  const diffId = requireDiffId(args.digest)
  await using repository = await openChosen(context, { mode: 'write' })
  const { signal } = context
  const layer = await importLayer(context.input(), {
    repository,
    expected: { diffId },
    maxSize: args['max-layer-size'],
    signal,
  })
  const id = layerStreamId(diffId)
  publish(repository, [
    { kind: 'stream', id, digest: layer.stream },
    ...(args.name === undefined ? [] : [{ kind: 'stream-ref' as const, name: args.name, id }]),
  ])
  return {
    lines: [String(layer.stream)],
    json: {
      schema: 'cfsctl.oci-import-layer/1',
      diff_id: diffId,
      verity: layer.stream.hex,
      name: args.name ?? null,
      size: layer.size,
      inline_size: layer.inlineSize,
      objects_new: layer.objectsNew,
      objects_present: layer.objectsPresent,
      bytes_stored: layer.bytesStored,
    },
  }
}
