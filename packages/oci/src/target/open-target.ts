import type { RegistryOptions } from '@composefs/registry'
import { OciError } from '../errors.ts'
import { parseImageReference } from '../reference.ts'
import { createArchiveTarget } from './archive-target.ts'
import { createDockerArchiveTarget } from './docker-archive-target.ts'
import type { ImageTarget } from './image-target.ts'
import { createLayoutTarget } from './layout-target.ts'
import { createRegistryTarget } from './registry-target.ts'
import { targetPath } from './target-path.ts'

/** How to open what a reference names: each transport takes what concerns it. */
export interface OpenTargetOptions {
  /** Replace an archive that is there. */
  readonly force?: boolean | undefined
  readonly registry?: RegistryOptions | undefined
}

/**
 * Opens the target that a reference names: `docker://NAME`, `oci:PATH[:TAG]`, `oci-archive:PATH[:TAG]` or
 * `docker-archive:PATH[:NAME]`.
 *
 * @throws OciError what parseImageReference, createLayoutTarget, createArchiveTarget, createDockerArchiveTarget and
 * createRegistryTarget throw; ERR_OCI_UNSUPPORTED_TARGET for what is only read
 *
 * @example
 * await using target = await openTarget('oci-archive:app.tar:app')
 */
export async function openTarget(
  reference: string,
  options: OpenTargetOptions = {},
): Promise<ImageTarget> {
  const { force } = options
  const path = targetPath(reference.slice(reference.indexOf(':') + 1))
  const parsed = parseImageReference(reference, beginning => beginning === path)
  switch (parsed.transport) {
    case 'docker':
      return await createRegistryTarget(parsed.name, options.registry)
    case 'oci':
      return await createLayoutTarget(parsed.path, { tag: parsed.tag })
    case 'oci-archive':
      return await createArchiveTarget(parsed.path, { tag: parsed.tag, force })
    case 'docker-archive':
      return await createDockerArchiveTarget(parsed.path, { name: parsed.tag, force })
    default:
      throw new OciError(
        'ERR_OCI_UNSUPPORTED_TARGET',
        `${reference}: nothing is written to ${parsed.transport}:`,
        { reference, choices: ['docker://', 'oci:', 'oci-archive:', 'docker-archive:'] },
      )
  }
}
