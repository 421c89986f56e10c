import { layerInfo } from '@composefs/oci'
import { CONTENT_TYPES } from '@composefs/splitstream'
import type { Args } from '../../command.ts'
import type { Context } from '../../context.ts'
import type { Result } from '../../output/result.ts'
import { openChosen } from '../../repository/open.ts'
import { findLayer } from './find-layer.ts'
import type { ociLayer } from './layer.ts'
import { layerLines } from './layer-lines.ts'

export async function run(args: Args<typeof ociLayer>, context: Context): Promise<Result> {
  if (args.dumpfile) return { bytes: layerLines(args.layer, context) }
  if (!context.globals.json) return { bytes: tar(args.layer, context), isBinary: true }
  await using repository = await openChosen(context)
  const { diffId, stream } = findLayer(repository, args.layer)
  const reader = await repository.streams.open(stream, { contentType: CONTENT_TYPES.layer })
  const layer = { diffId, verity: stream }
  const info = await layerInfo(reader, layer, {
    objectSize: id => repository.objects.sizeOf(id),
    diffId,
  })
  return { json: { ...info, splitstream: { ...info.splitstream } } }
}

async function* tar(layer: string, context: Context): AsyncGenerator<Uint8Array> {
  await using repository = await openChosen(context)
  for await (const piece of repository.streams.cat(findLayer(repository, layer).stream)) {
    context.signal.throwIfAborted()
    yield piece
  }
}
