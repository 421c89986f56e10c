import type { Args } from '../../command.ts'
import type { Context } from '../../context.ts'
import type { Result } from '../../output/result.ts'
import { layerLines } from './layer-lines.ts'
import type { ociLsLayer } from './ls-layer.ts'

export async function run(args: Args<typeof ociLsLayer>, context: Context): Promise<Result> {
  return { bytes: layerLines(args.layer, context) }
}
