import { unmountComposefs } from '@composefs/linux'
import type { Args } from '../command.ts'
import type { Context } from '../context.ts'
import type { Result } from '../output/result.ts'
import type { umount } from './umount.ts'

export async function run(args: Args<typeof umount>, _context: Context): Promise<Result> {
  unmountComposefs(args.mountpoint, { lazy: args.lazy, force: args.force })
  const { mountpoint } = args
  return { json: { schema: 'cfsctl.umount/1', mountpoint, lazy: args.lazy } }
}
