import type { Option } from '../command.ts'

/** Which extended attributes the OCI transform keeps. */
export const xattrsOption = {
  name: 'xattrs',
  value: { kind: 'choice', choices: ['allowlist-only', 'keep-user-xattrs'], label: 'MODE' },
  summary:
    'Extended attributes to keep: allowlist-only (security.capability, the default), or keep-user-xattrs',
} as const satisfies Option

/** The boot variant of an image. */
export const bootableOption = {
  name: 'bootable',
  summary: 'The boot variant: /boot and /sysroot emptied, SELinux labels of the policy in it',
} as const satisfies Option

/** Leaves the OCI transform out. */
export const noPropagateOption = {
  name: 'no-propagate-usr-to-root',
  summary:
    'Take the tree as it is: no metadata of /usr for /, no empty /run, all extended attributes',
} as const satisfies Option

/** What the commands that read a directory have in common. */
export const directoryOptions = [
  bootableOption,
  noPropagateOption,
  xattrsOption,
] as const satisfies readonly Option[]

/** What all kinds of mounts have in common. */
export const mountOptions = [
  {
    name: 'fuse',
    value: { kind: 'choice', choices: ['auto', 'yes', 'no'], label: 'MODE' },
    planned: ['yes'],
    summary: 'By FUSE or by the kernel: auto, yes, no',
  },
  {
    name: 'foreground',
    hidden: true,
    summary: 'Serve FUSE in this process; the kernel needs no server',
  },
  {
    name: 'upperdir',
    value: { kind: 'path', label: 'DIR' },
    completes: 'directory',
    requires: ['workdir'],
    summary: 'Where changes go',
  },
  {
    name: 'workdir',
    value: { kind: 'path', label: 'DIR' },
    completes: 'directory',
    requires: ['upperdir'],
    summary: 'An empty directory beside the upper one that overlayfs works in',
  },
  {
    name: 'read-write',
    requires: ['upperdir'],
    summary: 'Allow changes; they go to the upper directory',
  },
  {
    name: 'idmap',
    value: { kind: 'path', label: 'FILE' },
    summary: 'A user namespace that maps the owners in the image, such as /proc/PID/ns/user',
  },
  {
    name: 'mount-option',
    value: { kind: 'text', label: 'WORDS' },
    completes: 'mount-options',
    repeat: true,
    summary: 'Attributes of the mount: nodev, nosuid, noexec, noatime and the like, between commas',
  },
] as const satisfies readonly Option[]

/** `--json` behind the command, as scripts write it; the same as the global option. */
export const imageFormatNote =
  'The format follows the repository; --erofs-version chooses another for this run.'
