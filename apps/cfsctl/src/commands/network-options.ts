import type { Option, OptionValues } from '../command.ts'

/** What the commands that speak with registries have in common. */
export const registryOptions = [
  {
    name: 'authfile',
    value: { kind: 'path', label: 'FILE' },
    env: ['REGISTRY_AUTH_FILE'],
    summary: "Credentials in this file, instead of those of podman's and Docker's login",
  },
  {
    name: 'creds',
    completes: 'nothing',
    value: { kind: 'text', label: 'USER[:PASS]' },
    summary:
      'Credentials for the registry; others on this machine can see a password here, --authfile hides it',
  },
  {
    name: 'tls-verify',
    value: { kind: 'choice', choices: ['true', 'false'], label: 'BOOL' },
    summary: 'Whether the registry has to prove who it is; false also allows plain HTTP',
  },
  {
    name: 'cert-dir',
    completes: 'directory',
    value: { kind: 'path', label: 'DIR' },
    summary: 'Certificates: authorities *.crt, and our own *.cert with *.key',
  },
  {
    name: 'retry',
    value: { kind: 'integer', label: 'N', min: 0, max: 1000 },
    summary: 'Tries after one that failed; default: 3',
  },
  {
    name: 'idle-timeout',
    value: { kind: 'integer', label: 'SEC', min: 0, max: 86_400 },
    summary: 'How long a registry may be silent; default: 60; 0: as long as it likes',
  },
] as const satisfies readonly Option[]

/** What the commands that read an image from anywhere have in common. */
export const sourceOptions = [
  ...registryOptions,
  {
    name: 'via',
    value: { kind: 'choice', choices: ['skopeo'], label: 'skopeo' },
    summary: 'Read docker:// through skopeo, too',
  },
  {
    name: 'skopeo',
    value: { kind: 'path', label: 'PATH' },
    env: ['CFSCTL_SKOPEO'],
    summary: 'The skopeo to run; default: the one of the PATH',
  },
] as const satisfies readonly Option[]

/** Which image of an index. */
export const platformOption = {
  name: 'platform',
  completes: [
    'linux/amd64',
    'linux/arm64',
    'linux/arm/v7',
    'linux/386',
    'linux/ppc64le',
    'linux/riscv64',
    'linux/s390x',
  ],
  value: { kind: 'text', label: 'OS/ARCH[/VARIANT]' },
  summary: 'Which image of an index; default: this machine',
} as const satisfies Option

/** Values of `registryOptions`, and of `sourceOptions`. */
export type RegistryArgs = OptionValues<typeof registryOptions>
export type SourceArgs = OptionValues<typeof sourceOptions>
