import { SHA256, SHA512 } from '@composefs/fsverity'
import { computeDigests } from '../src/digests/compute-digests.ts'
import type { DigestsOptions, ImageDigests } from '../src/digests/digests-options.ts'
import { parsePlatform } from '../src/document/platform.ts'
import type { Notice } from '../src/notice.ts'
import type { Progress } from '../src/progress.ts'
import { pull } from '../src/pull/pull.ts'
import { openLayout } from '../src/source/layout.ts'
import type { LayoutBuilder } from './layout-builder.ts'
import { temporaryRepository } from './temporary-repository.ts'

/** What the layouts of the tests are for. */
export const platform = parsePlatform('linux/amd64')

/** `sha256 V1` → hex. */
export function idsOf(image: ImageDigests | undefined): Record<string, string> {
  return Object.fromEntries(
    (image?.ids ?? []).map(({ algorithm, erofsVersion, bootable, digest }) => [
      `${algorithm.name} V${erofsVersion}${bootable ? ' boot' : ''}`,
      digest.hex,
    ]),
  )
}

/** The ids of a layout, and what was told meanwhile. */
export async function digestsOf(layout: LayoutBuilder, options: DigestsOptions = {}) {
  const notices: Notice[] = []
  const progress: Progress[] = []
  await using source = await openLayout(layout.directory, { tag: 't', platform })
  const images = await computeDigests(source, {
    ...options,
    onNotice: notice => void notices.push(notice),
    onProgress: event => void progress.push(event),
  })
  return { images, notices, progress }
}

/** The ids that pulls into repositories give. */
export async function pulledIds(
  layout: LayoutBuilder,
  pullPlatform = platform,
): Promise<Record<string, string>> {
  const ids: Record<string, string> = {}
  for (const algorithm of [SHA256, SHA512]) {
    const repository = await temporaryRepository({ algorithm, versions: [1, 2] })
    const { images } = await pull(repository, `oci:${layout.directory}:t`, {
      noTag: true,
      platform: pullPlatform,
    })
    for (const { version, digest } of images) ids[`${algorithm.name} V${version}`] = digest.hex
  }
  return ids
}
