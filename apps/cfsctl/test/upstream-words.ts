/** What becomes of a word of cfsctl 0.9.4 or the C tools. */
export type State =
  | 'present'
  /** Answered with "not in this release", exit 5. */
  | 'answered'
  /** Taken, and not what it is there. */
  | { readonly differs: string }

/** A command line that scripts may have, and what becomes of it. */
export interface UpstreamWord {
  /** The words behind the name of the program, with arguments. */
  readonly line: readonly string[]
  readonly state: State
}

const A64 = 'a'.repeat(64)
const DIGEST = `sha256:${A64}`
const IMAGE = 'app:1'

/** Options that stand before the command there; ours take them anywhere. */
export const GLOBAL_WORDS: readonly UpstreamWord[] = [
  { line: ['--repo', '/r', 'fsck'], state: 'present' },
  { line: ['--user', 'fsck'], state: 'present' },
  { line: ['--system', 'fsck'], state: 'present' },
  { line: ['--hash', 'sha256', 'fsck'], state: 'present' },
  { line: ['--hash', 'sha512', 'fsck'], state: 'present' },
  { line: ['--erofs-version', '0', 'images'], state: 'present' },
  { line: ['--erofs-version', '1', 'images'], state: 'present' },
  { line: ['--erofs-version', '2', 'images'], state: 'present' },
  { line: ['--require-verity', 'fsck'], state: 'present' },
  { line: ['--no-upgrade', 'fsck'], state: 'present' },
  { line: ['--no-repo', 'compute-id', '/d'], state: 'present' },
  { line: ['--no-repo', 'compute-karg', '/d'], state: 'present' },
  { line: ['--no-repo', 'create-dumpfile', '/d'], state: 'present' },
  { line: ['--insecure', 'fsck'], state: 'present' },
  { line: ['--insecure', 'compute-karg', '/d'], state: 'present' },
  { line: ['--insecure', 'init', '/r'], state: 'present' },
]

/** The commands with their options. */
export const COMMAND_WORDS: readonly UpstreamWord[] = [
  { line: ['init'], state: 'present' },
  { line: ['init', '/r'], state: 'present' },
  { line: ['init', '--algorithm', 'fsverity-sha256-12'], state: 'present' },
  { line: ['init', '--algorithm', 'fsverity-sha512-12'], state: 'present' },
  { line: ['init', '--insecure'], state: 'present' },
  { line: ['init', '--ensure'], state: 'present' },
  {
    line: ['init', '--reset-metadata'],
    state: { differs: 'on a terminal it tells what goes, and asks' },
  },
  { line: ['init', '--erofs-version', '2'], state: 'present' },
  { line: ['fsck'], state: 'present' },
  { line: ['fsck', '--metadata-only'], state: 'present' },
  { line: ['fsck', '--json'], state: 'present' },
  { line: ['gc'], state: 'present' },
  { line: ['gc', '-r', 'x', '-r', 'y'], state: 'present' },
  { line: ['gc', '--root', 'x'], state: 'present' },
  { line: ['gc', '-n'], state: 'present' },
  { line: ['gc', '--dry-run'], state: 'present' },
  { line: ['transaction'], state: 'present' },
  { line: ['cat', 'refs/x'], state: 'present' },
  { line: ['varlink'], state: 'answered' },
  { line: ['create-image', '/d'], state: 'present' },
  { line: ['create-image', '/d', 'name'], state: 'present' },
  { line: ['create-image', '--bootable', '/d'], state: 'present' },
  { line: ['create-image', '--no-propagate-usr-to-root', '/d'], state: 'present' },
  { line: ['create-image', '--xattrs', 'allowlist-only', '/d'], state: 'present' },
  { line: ['create-image', '--xattrs', 'keep-user-xattrs', '/d'], state: 'present' },
  { line: ['compute-id', '/d'], state: 'present' },
  {
    line: [
      'compute-id',
      '--bootable',
      '--no-propagate-usr-to-root',
      '--xattrs',
      'keep-user-xattrs',
      '/d',
    ],
    state: 'present',
  },
  { line: ['compute-karg', '/d'], state: 'present' },
  { line: ['compute-karg', '--no-propagate-usr-to-root', '/d'], state: 'present' },
  { line: ['create-dumpfile', '/d'], state: 'present' },
  {
    line: [
      'create-dumpfile',
      '--bootable',
      '--no-propagate-usr-to-root',
      '--xattrs',
      'allowlist-only',
      '/d',
    ],
    state: 'present',
  },
  { line: ['images'], state: 'present' },
  { line: ['images', '--json'], state: 'present' },
  { line: ['images', '--no-trunc'], state: 'present' },
  { line: ['list-images'], state: 'present' },
  { line: ['image-objects', 'x'], state: 'present' },
  { line: ['dump-files', 'x'], state: 'present' },
  { line: ['dump-files', 'x', '/a', '/b'], state: 'present' },
  { line: ['dump-files', '--backing-path-only', 'x', '/a'], state: 'present' },
  {
    line: ['import-image', 'x'],
    state: { differs: 'what is no image of this kind is refused; there any bytes pass' },
  },
  { line: ['mount', 'x', '/mnt'], state: 'present' },
  { line: ['mount', '--fuse', 'auto', 'x', '/mnt'], state: 'present' },
  { line: ['mount', '--fuse', 'no', 'x', '/mnt'], state: 'present' },
  { line: ['mount', '--foreground', 'x', '/mnt'], state: 'present' },
  { line: ['mount', '--upperdir', '/u', '--workdir', '/w', 'x', '/mnt'], state: 'present' },
  {
    line: ['mount', '--upperdir', '/u', '--workdir', '/w', '--read-write', 'x', '/mnt'],
    state: 'present',
  },
  { line: ['oci', 'pull', 'docker://a/b'], state: 'present' },
  { line: ['oci', 'pull', 'oci:dir:tag', 'name'], state: 'present' },
  { line: ['oci', 'pull', 'oci:dir', '--bootable'], state: 'present' },
  { line: ['oci', 'pull', '--bootable', '--expected-digest', A64, 'oci:dir'], state: 'present' },
  { line: ['oci', 'pull', '--local-fetch', 'disabled', 'oci:dir'], state: 'present' },
  {
    line: ['oci', 'pull', '--local-fetch', 'auto', 'oci:dir'],
    state: { differs: 'skopeo reads containers-storage: always, so nothing is shared with it' },
  },
  { line: ['oci', 'pull', '--local-fetch', 'zerocopy', 'oci:dir'], state: 'answered' },
  { line: ['oci', 'copy', IMAGE, '--from', '/o'], state: 'present' },
  { line: ['oci', 'copy', IMAGE, '--from', '/o', '--name', 'n', '--zerocopy'], state: 'present' },
  { line: ['oci', 'images'], state: 'present' },
  { line: ['oci', 'images', '--json'], state: 'present' },
  { line: ['oci', 'inspect', IMAGE], state: 'present' },
  { line: ['oci', 'inspect', `@${DIGEST}`], state: 'present' },
  { line: ['oci', 'inspect', '--manifest', IMAGE], state: 'present' },
  { line: ['oci', 'inspect', '--config', IMAGE], state: 'present' },
  { line: ['oci', 'tag', DIGEST, 'name'], state: 'present' },
  { line: ['oci', 'untag', 'name'], state: 'present' },
  { line: ['oci', 'layer', DIGEST], state: 'present' },
  { line: ['oci', 'layer', '--dumpfile', DIGEST], state: 'present' },
  { line: ['oci', 'layer', '--json', DIGEST], state: 'present' },
  {
    line: ['oci', 'import-layer', DIGEST],
    state: { differs: 'a tar that does not have the digest is refused; there it is stored' },
  },
  { line: ['oci', 'import-layer', DIGEST, 'name'], state: 'present' },
  { line: ['oci', 'dump', IMAGE], state: 'present' },
  {
    line: ['oci', 'dump', `@${DIGEST}`, A64, '--bootable', '--xattrs', 'allowlist-only'],
    state: 'present',
  },
  { line: ['oci', 'compute-id', IMAGE], state: 'present' },
  {
    line: ['oci', 'compute-id', `@${DIGEST}`, A64, '--bootable', '--xattrs', 'allowlist-only'],
    state: 'present',
  },
  {
    line: ['oci', 'mount', IMAGE, '/mnt'],
    state: { differs: 'refused where the label of a sealed image contradicts the image' },
  },
  { line: ['oci', 'mount', '--bootable', DIGEST, '/mnt'], state: 'present' },
  {
    line: ['oci', 'mount', '--fuse', 'no', '--foreground', IMAGE, '/mnt'],
    state: 'present',
  },
  {
    line: ['oci', 'mount', '--upperdir', '/u', '--workdir', '/w', '--read-write', IMAGE, '/mnt'],
    state: 'present',
  },
  { line: ['oci', 'fsck'], state: 'present' },
  { line: ['oci', 'fsck', IMAGE, '--json'], state: 'present' },
  { line: ['oci', 'linked-erofs-images', A64], state: 'present' },
  { line: ['oci', 'prepare-boot', IMAGE, '--bootdir', '/boot'], state: 'answered' },
  { line: ['oci', 'varlink', '--address', '/s'], state: 'answered' },
  { line: ['ostree', 'pull', 'url', 'ref'], state: 'answered' },
  { line: ['fetch', 'url', 'name'], state: 'answered' },
  { line: ['help'], state: 'present' },
  { line: ['help', 'oci', 'pull'], state: 'present' },
  { line: ['--help'], state: 'present' },
  { line: ['-h'], state: 'present' },
  { line: ['--version'], state: 'present' },
  { line: ['-V'], state: 'present' },
]

/** The C tools by name. */
export const TOOL_WORDS: Readonly<Record<string, readonly UpstreamWord[]>> = {
  mkcomposefs: [
    { line: ['src', 'image'], state: 'present' },
    { line: ['--digest-store=/o', 'src', 'image'], state: 'present' },
    { line: ['--print-digest', 'src', 'image'], state: 'present' },
    { line: ['--print-digest-only', 'src'], state: 'present' },
    { line: ['--use-epoch', 'src', 'image'], state: 'present' },
    { line: ['--skip-devices', 'src', 'image'], state: 'present' },
    { line: ['--skip-xattrs', 'src', 'image'], state: 'present' },
    { line: ['--user-xattrs', 'src', 'image'], state: 'present' },
    { line: ['--from-file', '-', '-'], state: 'present' },
    { line: ['--min-version=0', '--max-version=1', 'src', 'image'], state: 'present' },
    { line: ['--threads=2', 'src', 'image'], state: 'present' },
    { line: ['--hardlinks', 'src', 'image'], state: 'present' },
    {
      line: ['--help'],
      state: { differs: 'exit 0; the C program does not know it, the Rust one does' },
    },
    { line: ['--version'], state: { differs: 'exit 0, as in the Rust one' } },
    // The C programs take options that are cut short.
    { line: ['--print-digest-o', 'src'], state: 'present' },
  ],
  'composefs-info': [
    { line: ['ls', 'image'], state: 'present' },
    { line: ['dump', 'image'], state: { differs: 'lines as in cfsctl, which read back' } },
    { line: ['objects', 'a', 'b'], state: 'present' },
    { line: ['missing-objects', 'a'], state: 'present' },
    { line: ['--basedir=/o', 'missing-objects', 'a'], state: 'present' },
    { line: ['missing-objects', '--basedir=/o', 'a'], state: 'present' },
    { line: ['measure-file', 'a', 'b'], state: 'present' },
    { line: ['--filter=etc', '--filter=usr', 'ls', 'image'], state: 'present' },
    { line: ['dump', '--filter=etc', 'image'], state: 'present' },
    { line: ['--help'], state: { differs: 'exit 0; the C program does not know it' } },
  ],
  'mount.composefs': [
    { line: ['-o', 'basedir=/o', 'image', '/mnt'], state: 'present' },
    { line: ['-t', 'composefs', '-o', 'basedir=/a:/b', 'image', '/mnt'], state: 'present' },
    { line: ['-o', `basedir=/o,digest=${A64}`, 'image', '/mnt'], state: 'present' },
    { line: ['-o', 'basedir=/o,verity', 'image', '/mnt'], state: 'present' },
    { line: ['-o', 'basedir=/o,tryverity', 'image', '/mnt'], state: 'present' },
    { line: ['-o', 'basedir=/o,idmap=/proc/1/ns/user', 'image', '/mnt'], state: 'present' },
    { line: ['-o', 'basedir=/o,upperdir=/u,workdir=/w,rw', 'image', '/mnt'], state: 'present' },
    { line: ['-o', 'basedir=/o,ro', 'image', '/mnt'], state: 'present' },
    {
      line: ['image', '/mnt', '-o', 'basedir=/o,nodev,nosuid'],
      state: { differs: 'attributes of any mount are taken; there they are refused' },
    },
    {
      line: ['-n', '-s', '-v', '-f', '-o', 'basedir=/o', 'image', '/mnt'],
      state: { differs: 'what mount(8) may add is taken; there it is refused' },
    },
    { line: ['-h'], state: 'present' },
  ],
}
