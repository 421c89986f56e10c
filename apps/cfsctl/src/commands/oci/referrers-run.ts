import { describeReferrers, openImage } from '@composefs/oci'
import type { Args } from '../../command.ts'
import type { Context } from '../../context.ts'
import { messageOf } from '../../errors/message.ts'
import type { Result } from '../../output/result.ts'
import { formatSize } from '../../output/size.ts'
import { byBytes } from '../../output/sorting.ts'
import { openChosen } from '../../repository/open.ts'
import type { ociReferrers } from './referrers.ts'

export async function run(args: Args<typeof ociReferrers>, context: Context): Promise<Result> {
  await using repository = await openChosen(context)
  const { digest, docker } = (await openImage(repository, args.image)).manifest
  // What was converted is referred to by the digest of the original.
  const subject = docker?.digest ?? digest
  const referrers = await describeReferrers(repository, subject, {
    onBroken: (digest, error) => context.console.warning(`${digest}: ${messageOf(error)}`),
  })
  return {
    table: {
      header: ['DIGEST', 'TYPE', 'SIZE', 'REFERS TO'],
      rows: referrers.map(({ digest, artifactType, size, layers, subject: of }) => [
        digest,
        artifactType,
        formatSize(layers.reduce((sum, layer) => sum + layer.size, size)),
        of === subject ? 'the image' : of,
      ]),
      whenEmpty: 'No referrers found',
    },
    json: {
      schema: 'cfsctl.oci-referrers/1',
      manifest_digest: digest,
      subject,
      referrers: referrers.map(({ digest, artifactType, mediaType, annotations, ...rest }) => ({
        digest,
        subject: rest.subject,
        artifact_type: artifactType,
        media_type: mediaType ?? null,
        size: rest.size,
        annotations: sortedRecord(annotations),
        layers: rest.layers.map(layer => ({
          digest: layer.digest,
          media_type: layer.mediaType,
          size: layer.size,
        })),
      })),
    },
  }
}

function sortedRecord(map: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries([...map].sort(([a], [b]) => byBytes(a, b)))
}
