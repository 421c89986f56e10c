import {
  type AffectedFiles,
  affectedFiles,
  type CheckFinding,
  type CheckReport,
  findDependents,
  type Repository,
  type Root,
  rootPath,
} from '@composefs/repository'
import type { Context } from '../context.ts'
import { byBytes } from '../output/sorting.ts'
import { rootLabel } from './root-label.ts'

/** What of the repository a finding hits. */
export interface FindingEffect {
  /** Names that need the bad or missing object: tags, names of images, and paths of other refs. Sorted. */
  readonly images: readonly string[]
  /** Files of images whose content it is, the first of them. */
  readonly files: AffectedFiles['files']
  readonly fileCount: number
}

/** Tells what a finding of one report hits. */
export type EffectOf = (finding: CheckFinding) => FindingEffect

/** For a report that nobody asks about. */
export const noEffects: EffectOf = () => NONE

const NONE: FindingEffect = { images: [], files: [], fileCount: 0 }

/**
 * Finds out what the findings of a check mean for the images of the repository. Reads every image once, and none
 * without `--json`: only the document tells of it.
 */
export async function findEffects(
  repository: Repository,
  { findings }: CheckReport,
  { globals, signal }: Context,
): Promise<EffectOf> {
  const objects = globals.json ? findings.flatMap(({ digest }) => digest ?? []) : []
  if (objects.length === 0) return noEffects
  const files = await affectedFiles(repository, objects, signal)
  // Streams name images without needing what is in them, so images are asked about on their own.
  const images = [...files.values()].flatMap(affected => affected.images)
  const roots = await findDependents(repository, [...objects, ...images], { signal })
  const namesOf = (hex: string) => (roots.get(hex) ?? []).map(nameOf)
  return ({ digest }) => {
    if (digest === undefined) return NONE
    const affected = files.get(digest.hex)
    const names = [
      ...namesOf(digest.hex),
      ...(affected?.images ?? []).flatMap(image => namesOf(image.hex)),
    ]
    return {
      images: [...new Set(names)].sort(byBytes),
      files: affected?.files ?? [],
      fileCount: affected?.fileCount ?? 0,
    }
  }
}

/** A root as the commands take it: a tag or the name of an image by itself. */
function nameOf(root: Root): string {
  const { kind, name } = rootLabel(root)
  return kind === 'oci' || kind === 'image' ? name : rootPath(root)
}
