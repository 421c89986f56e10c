import type { CliCode } from './cli-error.ts'

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

type Hints = (facts: Readonly<Record<string, unknown>>) => readonly string[]

const BY_PACKAGE_CODE: Readonly<Record<string, Hints>> = {
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
  ERR_REPOSITORY_INSECURE: () => [
    'leave out --require-verity, or choose another repository by --repo',
  ],
  ERR_OCI_UNKNOWN_TRANSPORT: ({ reference }) => [
    'an image is named with its transport: oci:DIRECTORY[:TAG] or oci-archive:FILE[:TAG]',
    ...(looksLikeRegistryName(reference) ? [`did you mean docker://${String(reference)}?`] : []),
  ],
  ERR_OCI_UNSUPPORTED_TRANSPORT: ({ reference }) => [
    `copy it to a layout first: skopeo copy ${String(reference ?? 'IMAGE')} oci:DIRECTORY:TAG`,
  ],
  ERR_OCI_TREE_MISSING_PARENT: () => ['without --strict the directory is made'],
}

const BY_CLI_CODE: Readonly<Partial<Record<CliCode, Hints>>> = {
  'verity-unsupported': () => [
    'cfsctl init --insecure makes a repository without fs-verity: the kernel then checks no file that is read',
    'on ext4, tune2fs -O verity DEVICE turns it on; xfs and tmpfs have none',
  ],
  'digest-mismatch': bothDigests,
  'diff-id-mismatch': bothDigests,
  'read-only-repository': () => [
    'reading commands work; writing needs a writable file system and permission',
  ],
  'no-space': () => ['what was stored stays, and a second run goes on from there'],
  locked: ({ holders }) => lockHolders(holders),
}

function bothDigests({ expected, actual }: Readonly<Record<string, unknown>>): readonly string[] {
  if (expected === undefined || actual === undefined) return []
  return [`expected ${String(expected)}, found ${String(actual)}`]
}

function lockHolders(holders: unknown): readonly string[] {
  if (!Array.isArray(holders)) return []
  return (holders as { pid: number; command: string }[]).map(
    ({ pid, command }) => `process ${pid} holds the lock: ${command}`,
  )
}

function looksLikeRegistryName(reference: unknown): boolean {
  return typeof reference === 'string' && /^[a-z0-9][a-z0-9._/-]*(:[\w][\w.-]*)?$/.test(reference)
}
