import { SEAL_LABEL, seal } from '@composefs/oci'
import type { Args } from '../../command.ts'
import type { Context } from '../../context.ts'
import type { Result } from '../../output/result.ts'
import { openChosen } from '../../repository/open.ts'
import type { ociSeal } from './seal.ts'

export async function run(args: Args<typeof ociSeal>, context: Context): Promise<Result> {
  await using repository = await openChosen(context, { mode: 'write' })
  const { console, signal } = context
  const sealed = await seal(repository, args.image, {
    ...(args.tag === undefined ? {} : { tag: args.tag }),
    onWarning: ({ message }) => console.warning(message),
    onNotice: message => console.notice(message),
    signal,
  })
  const { manifest, config, tag, image, sourceConfig } = sealed
  if (tag === undefined) {
    console.notice(
      `the sealed image has no tag, and the next gc removes it: cfsctl oci tag ${manifest.digest} NAME`,
    )
  }
  return {
    lines: [
      `manifest ${manifest.digest}`,
      `config   ${config.digest}`,
      `verity   ${manifest.stream.hex}`,
      ...(tag === undefined ? [] : [`tagged   ${tag}`]),
      `image    ${image.hex}`,
    ],
    json: {
      schema: 'cfsctl.oci-seal/1',
      source_config: sourceConfig,
      config_digest: config.digest,
      config_verity: config.stream.hex,
      manifest_digest: manifest.digest,
      manifest_verity: manifest.stream.hex,
      image_id: image.hex,
      label: SEAL_LABEL,
      tag: tag ?? null,
      changed: sealed.changed,
    },
  }
}
