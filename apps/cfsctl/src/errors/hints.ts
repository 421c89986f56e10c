import type { CliCode } from './cli-error.ts'
import type { Hints } from './fact-hints.ts'
import { gcHints } from './gc-hints.ts'
import { REGISTRY_HINTS } from './registry-hints.ts'
import { SKOPEO_HINTS } from './skopeo-hints.ts'
import { withTransport } from './transport-hint.ts'

/** What is known of a package's error when hints are looked for. */
export interface Finding {
  /** The package's code. */
  readonly code: string | undefined
  readonly facts: Readonly<Record<string, unknown>>
}

/** What to do about an error: each a sentence with something to type, if there is something. */
export function hintsFor(cliCode: CliCode, finding: Finding): readonly string[] {
  const specific = finding.code === undefined ? undefined : BY_PACKAGE_CODE[finding.code]
  return (specific ?? BY_CLI_CODE[cliCode])?.(finding.facts) ?? []
}

const BY_PACKAGE_CODE: Readonly<Record<string, Hints>> = {
  EMFILE: () => ['ulimit -n shows how many files may be open, and sets it; --jobs 1 needs fewer'],
  ERR_REPOSITORY_LEGACY: () => [
    'this repository was made before meta.json existed: leave out --no-upgrade, or run cfsctl init --ensure',
  ],
  ERR_REPOSITORY_LEGACY_EMPTY: () => [
    'there is no object that tells the hash: cfsctl init --algorithm fsverity-HASH-12 PATH says it',
  ],
  ERR_REPOSITORY_ALGORITHM_MISMATCH: ({ actual }) => [
    actual === undefined
      ? 'leave out --hash'
      : `leave out --hash, or choose another repository by --repo`,
  ],
  ERR_REPOSITORY_CONFLICT: () => [
    'cfsctl init --ensure keeps what is there; --reset-metadata drops streams and images, not objects',
  ],
  ERR_REPOSITORY_GC_REFUSED: gcHints,
  ERR_REPOSITORY_CANNOT_SHARE: () => ['without --zerocopy the files are copied'],
  ERR_REPOSITORY_INSECURE: () => [
    'leave out --require-verity, or choose another repository by --repo',
  ],
  ERR_OCI_UNKNOWN_TRANSPORT: ({ reference }) => {
    const name = withTransport(reference)
    return [
      'an image is named with its transport: docker://HOST/NAME[:TAG], oci:DIRECTORY[:TAG] or oci-archive:FILE[:TAG]',
      ...(name === undefined ? [] : [`did you mean ${name}?`]),
    ]
  },
  ERR_OCI_UNSUPPORTED_TRANSPORT: ({ reference }) => [
    `copy it to a layout first: skopeo copy ${String(reference ?? 'IMAGE')} oci:DIRECTORY:TAG`,
  ],
  ERR_OCI_NO_SUCH_IMAGE: ({ choices }) => {
    const tags = list(choices)
    if (tags.length === 0) return ['cfsctl oci images lists what is stored']
    return tags.map(tag => `did you mean ${tag}?`)
  },
  ERR_OCI_AMBIGUOUS_TAG: ({ choices }) => ['choose one by its tag: oci:PATH:TAG', ...list(choices)],
  ERR_OCI_TAG_NOT_FOUND: ({ choices }) => oneOf('the layout has the tags', choices),
  ERR_OCI_NO_MATCHING_PLATFORM: ({ choices }) => oneOf('--platform takes one of', choices),
  ERR_OCI_AMBIGUOUS_REFERENCE: ({ choices }) => list(choices),
  ERR_OCI_NO_EROFS_IMAGE: () => [
    'the image has none in this format: pull it again, or choose the other one by --erofs-version',
  ],
  ERR_OCI_LAYER_TOO_LARGE: () => [
    'where the image is trusted, oci pull and oci import-layer take --max-layer-size BYTES',
  ],
  ERR_OCI_SEALED_IMAGE_MISSING: () => ['pull the image again to make it'],
  ...REGISTRY_HINTS,
  ...SKOPEO_HINTS,
  ERR_OCI_NO_BOOT_IMAGE: () => [
    'cfsctl oci pull --bootable makes one; --erofs-version chooses the other format',
  ],
  ERR_OCI_BOOT_NO_DIRECTORY: ({ path }) => [
    `a bootable image has the directory ${String(path)}: RUN mkdir -p ${String(path)} adds it`,
  ],
  ERR_OCI_NO_EXPECTED_BOOT_IMAGE: () => [
    'the image is pulled, but without a boot variant; the id may be of another algorithm or another image',
  ],
  ERR_OCI_TARGET_EXISTS: ({ canReplace }) => (canReplace === true ? ['--force replaces it'] : []),
  ERR_OCI_UNSUPPORTED_TARGET: ({ reference }) => [
    `export it to a layout, and go on from there: skopeo copy oci:DIRECTORY:TAG ${String(reference ?? 'TARGET')}`,
  ],
  ERR_OCI_NO_SUCH_OPERAND: ({ choices }) => [
    ...list(choices).map(tag => `did you mean ${tag}?`),
    'cfsctl oci images and cfsctl images list what is stored',
  ],
  ERR_OCI_AMBIGUOUS_OPERAND: ({ choices }) => oneOf('say which one is meant:', choices),
  ERR_OCI_ALGORITHMS_DIFFER: () => ['cfsctl explain tells the same of their ids'],
  ERR_OCI_TREE_MISSING_PARENT: () => ['without --strict the directory is made'],
}

const BY_CLI_CODE: Readonly<Partial<Record<CliCode, Hints>>> = {
  'verity-unsupported': () => [
    'cfsctl init --insecure makes a repository without fs-verity: the kernel then checks no file that is read',
    'on ext4, tune2fs -O verity DEVICE turns it on where the kernel has CONFIG_FS_VERITY; xfs and tmpfs have none',
  ],
  'kernel-too-old': () => ['cfsctl doctor tells what this kernel can do'],
  'digest-mismatch': bothDigests,
  'diff-id-mismatch': bothDigests,
  'read-only-repository': () => [
    'reading commands work; writing needs a writable file system and permission',
  ],
  'no-space': roomToMake,
  locked: ({ holders }) => lockHolders(holders),
}

function bothDigests({ expected, actual }: Readonly<Record<string, unknown>>): readonly string[] {
  if (expected === undefined || actual === undefined) return []
  return [`expected ${String(expected)}, found ${String(actual)}`]
}

function roomToMake({ path }: Readonly<Record<string, unknown>>): readonly string[] {
  const where = typeof path === 'string' ? ` in ${path}` : ''
  return [`make room${where} and run it again: nothing that is stored is lost`]
}

/** Most names that are listed. */
const NAMES_MAX = 8

function list(choices: unknown): readonly string[] {
  return Array.isArray(choices) ? choices.slice(0, NAMES_MAX).map(String) : []
}

function oneOf(what: string, choices: unknown): readonly string[] {
  const names = list(choices)
  return names.length === 0 ? [] : [`${what} ${names.join(', ')}`]
}

function lockHolders(holders: unknown): readonly string[] {
  if (!Array.isArray(holders)) return []
  return (holders as { pid: number; command: string }[]).map(
    ({ pid, command }) => `process ${pid} holds the lock: ${command}`,
  )
}
