import type { Args } from '../command.ts'
import type { Context } from '../context.ts'
import type { Result } from '../output/result.ts'
import { openChosen } from '../repository/open.ts'
import type { cat } from './cat.ts'

export async function run(args: Args<typeof cat>, context: Context): Promise<Result> {
  return { bytes: content(args.name, context) }
}

async function* content(name: string, context: Context): AsyncGenerator<Uint8Array> {
  await using repository = await openChosen(context)
  for await (const piece of repository.streams.cat(name)) {
    context.signal.throwIfAborted()
    yield piece
  }
}
