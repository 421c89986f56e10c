/** Everything that `pnpm fuzz` knows: apart from the targets, which load all packages. */
export const TARGET_NAMES = ['tar', 'splitstream', 'erofs', 'dump', 'json', 'metadata'] as const

export type TargetName = (typeof TARGET_NAMES)[number]

export function isTargetName(name: string): name is TargetName {
  return TARGET_NAMES.some(known => known === name)
}
