import { OciError } from '../errors.ts'
import type { JsonRecord } from './json-record.ts'

/** What an image runs on, in the words of Go: `linux`, `amd64`, `v8`. */
export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
}

/** Names Node and Go have in common are left out. */
const GO_ARCHITECTURES: Readonly<Record<string, string>> = {
  ia32: '386',
  x64: 'amd64',
  ppc64: 'ppc64le',
  mipsel: 'mipsle',
}

/** The platform of this machine. */
export function hostPlatform(): Platform {
  return { os: 'linux', architecture: GO_ARCHITECTURES[process.arch] ?? process.arch }
}

/**
 * Reads `OS/ARCH[/VARIANT]`.
 *
 * @throws OciError ERR_OCI_BAD_REFERENCE
 */
export function parsePlatform(text: string): Platform {
  const parts = text.split('/')
  const [os, architecture, variant] = parts
  if (!os || !architecture || variant === '' || parts.length > 3) {
    throw new OciError('ERR_OCI_BAD_REFERENCE', `not a platform: ${text} (OS/ARCH[/VARIANT])`, {
      actual: text,
    })
  }
  return variant === undefined ? { os, architecture } : { os, architecture, variant }
}

/** `OS/ARCH[/VARIANT]`. */
export function formatPlatform(platform: Platform): string {
  const { os, architecture, variant } = platform
  return [os, architecture, ...(variant === undefined ? [] : [variant])].join('/')
}

/** The platform of a descriptor or of a config; undefined when it names neither system nor architecture. */
export function readPlatform(record: JsonRecord): Platform | undefined {
  const os = record.string('os') ?? ''
  const architecture = record.string('architecture') ?? ''
  const variant = record.string('variant') ?? ''
  if (os === '' && architecture === '') return undefined
  return variant === '' ? { os, architecture } : { os, architecture, variant }
}

/**
 * How well `offered` fits `wanted`: 0 best, undefined not at all.
 *
 * A variant that was asked for must be there. Otherwise an offer without one comes first, then any other; `v8` is what
 * every arm64 is, so it counts as none.
 */
export function platformRank(offered: Platform, wanted: Platform): 0 | 1 | undefined {
  if (offered.os !== wanted.os || offered.architecture !== wanted.architecture) return undefined
  const variant = plainVariant(offered)
  if (wanted.variant !== undefined) return variant === plainVariant(wanted) ? 0 : undefined
  return variant === undefined ? 0 : 1
}

function plainVariant(platform: Platform): string | undefined {
  return platform.architecture === 'arm64' && platform.variant === 'v8'
    ? undefined
    : platform.variant
}
