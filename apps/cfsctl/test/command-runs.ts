import type { DocumentShape } from './json-rules.ts'
import { imageBytes, layerTar, type SmallRepository } from './small-repository.ts'

/** A repository that a command may change, and a directory to mount at. */
export interface Ground extends SmallRepository {
  /** A copy of the small repository, for this command alone. */
  readonly repository: string
  /** An empty directory. */
  readonly mountpoint: string
  /** Paths that begin with this are for what the command makes. */
  readonly scratch: string
}

/** How a command is run with success, and what its document is like. */
export interface CommandRun extends DocumentShape {
  /** Argument lists, run one after the other on the same ground. None: another test runs it. */
  readonly runs: (ground: Ground) => readonly (readonly string[])[]
  readonly input?: (ground: Ground) => Uint8Array
  /** What has to be done before. */
  readonly before?: (ground: Ground) => readonly (readonly string[])[]
  /** Something is mounted afterwards, and needs root. */
  readonly mounts?: boolean
  /** The result is content for others, or nothing: there is no document. */
  readonly hasNoDocument?: boolean
}

/** Every command of the table, by its words. */
export const COMMAND_RUNS: Readonly<Record<string, CommandRun>> = {
  init: {
    runs: ({ scratch }) => [
      ['init', '--insecure', scratch],
      ['init', '--insecure', '--ensure', scratch],
    ],
  },
  info: {
    runs: () => [['info']],
  },
  fsck: {
    isUpstream: true,
    runs: () => [['fsck'], ['fsck', '--metadata-only']],
  },
  gc: {
    runs: () => [['gc', '-n', '--explain'], ['gc']],
    // By kind, then by name.
    unsorted: ['by_root'],
  },
  df: {
    runs: () => [['df']],
    // By kind, then by name.
    unsorted: ['images'],
  },
  doctor: {
    runs: () => [['doctor']],
    words: ['checks.id'],
    // What builds on others comes behind them.
    unsorted: ['checks'],
  },
  'create-image': {
    runs: ({ root }) => [
      ['create-image', root],
      ['create-image', '--bootable', root, 'new'],
    ],
  },
  'compute-id': {
    runs: ({ root }) => [
      ['compute-id', root],
      ['compute-id', '--no-propagate-usr-to-root', root],
    ],
  },
  'import-image': {
    runs: () => [['import-image', 'new']],
    input: imageBytes,
  },
  'compute-karg': {
    runs: ({ root }) => [['compute-karg', root]],
  },
  images: {
    isUpstream: true,
    runs: () => [['images'], ['list-images', '--no-trunc']],
    imageIds: ['images.digest'],
  },
  'image-objects': {
    runs: ({ image }) => [['image-objects', image]],
    imageIds: ['objects'],
  },
  'dump-files': {
    runs: () => [
      ['dump-files', 'img', '/usr', '/etc'],
      ['dump-files', '--backing-path-only', 'img', '/usr/bin/large', '/etc/small'],
    ],
    imageIds: ['entries.digest'],
    maps: ['entries.xattrs'],
  },
  'image inspect': {
    runs: ({ image, plainImage }) => [
      ['image', 'inspect', image],
      ['image', 'inspect', plainImage],
    ],
  },
  'image tag': {
    runs: ({ image }) => [['image', 'tag', image, 'new']],
    imageIds: ['digest'],
  },
  'image rm': {
    runs: () => [
      ['image', 'rm', 'img'],
      ['image', 'rm', 'my/img'],
    ],
    imageIds: ['digest', 'images.digest'],
  },
  diff: {
    runs: ({ image, plainImage }) => [['diff', image, plainImage]],
    // What differs about an entry, in the order of a line of a dump.
    unsorted: ['changes.parts'],
    imageIds: ['changes.a.digest', 'changes.b.digest'],
  },
  explain: {
    runs: ({ image, plainImage }) => [['explain', image, plainImage]],
    unsorted: ['rules.examples.parts'],
    imageIds: ['rules.examples.a.digest', 'rules.examples.b.digest'],
  },
  report: {
    runs: ({ scratch }) => [['report', 'app:1', '--html', `${scratch}.html`]],
    // Layers base first, the largest first, nodes behind their parents.
    unsorted: ['layers', 'largest', 'duplicates', 'hidden', 'views', 'views.nodes'],
  },
  'oci pull': {
    runs: ({ reference, signature }) => [
      ['oci', 'pull', '--bootable', reference, 'again'],
      ['oci', 'pull', '--dry-run', reference],
      ['oci', 'pull', '--no-tag', signature.reference],
    ],
    // Layers: base first.
    unsorted: ['layers'],
  },
  'oci copy': {
    before: ({ scratch }) => [['init', '--insecure', `${scratch}-other`]],
    runs: ({ scratch, repository }) => [
      ['--repo', `${scratch}-other`, 'oci', 'copy', 'app:1', '--from', repository],
    ],
    unsorted: ['layers'],
  },
  'oci export': {
    runs: ({ scratch }) => [['oci', 'export', 'app:1', `oci:${scratch}:app`]],
    unsorted: ['layers'],
  },
  // Needs a registry: see the tests of what is sent.
  'oci push': { runs: () => [] },
  'oci images': {
    isUpstream: true,
    runs: () => [['oci', 'images']],
  },
  'oci inspect': {
    isUpstream: true,
    runs: ({ signature }) => [
      ['oci', 'inspect', 'app:1'],
      ['oci', 'inspect', `@${signature.digest}`],
    ],
  },
  'oci referrers': {
    runs: () => [
      ['oci', 'referrers', 'app:1'],
      ['oci', 'referrers', 'signature'],
    ],
    maps: ['referrers.annotations'],
  },
  'oci tag': {
    runs: ({ layout }) => [
      ['oci', 'tag', layout.manifestDigest, 'new'],
      ['oci', 'tag', layout.manifestDigest, 'new'],
    ],
  },
  'oci untag': {
    runs: () => [['oci', 'untag', 'signature']],
  },
  'oci linked-erofs-images': {
    isUpstream: true,
    camelCase: true,
    runs: ({ plainImage }) => [['oci', 'linked-erofs-images', plainImage]],
    // The plain one first.
    unsorted: [''],
  },
  'oci layer': {
    isUpstream: true,
    camelCase: true,
    runs: ({ layout }) => layout.diffIds.map(id => ['oci', 'layer', id]),
  },
  'oci import-layer': {
    runs: ({ layout }) => [['oci', 'import-layer', layout.diffIds[0] ?? '', 'my/layer']],
    input: small => layerTar(small, 0),
  },
  'oci compute-id': {
    runs: () => [
      ['oci', 'compute-id', 'app:1'],
      ['oci', 'compute-id', '--bootable', 'app:1'],
    ],
  },
  'oci digests': {
    runs: ({ reference }) => [['--no-repo', 'oci', 'digests', reference]],
    // By algorithm, then by version.
    unsorted: ['ids'],
  },
  'oci seal': {
    runs: () => [
      ['oci', 'seal', 'app:1', '--tag', 'sealed'],
      ['oci', 'seal', 'sealed'],
    ],
  },
  'oci fsck': {
    isUpstream: true,
    runs: () => [
      ['oci', 'fsck'],
      ['oci', 'fsck', 'app:1'],
    ],
  },
  mount: {
    mounts: true,
    runs: ({ mountpoint }) => [['mount', 'img', mountpoint]],
    words: ['verity'],
  },
  'oci mount': {
    mounts: true,
    runs: ({ mountpoint }) => [['oci', 'mount', 'app:1', mountpoint]],
    words: ['verity'],
  },
  mounts: {
    mounts: true,
    before: ({ mountpoint }) => [['mount', 'img', mountpoint]],
    runs: () => [['mounts']],
    words: ['mounts.verity'],
  },
  umount: {
    mounts: true,
    before: ({ mountpoint }) => [['mount', 'img', mountpoint]],
    runs: ({ mountpoint }) => [['umount', mountpoint]],
  },
  cat: {
    hasNoDocument: true,
    runs: ({ layout }) => [['cat', `oci-config-${layout.configDigest}`]],
  },
  'create-dumpfile': { hasNoDocument: true, runs: ({ root }) => [['create-dumpfile', root]] },
  'oci dump': { hasNoDocument: true, runs: () => [['oci', 'dump', 'app:1']] },
  'oci ls-layer': {
    hasNoDocument: true,
    runs: ({ layout }) => [['oci', 'ls-layer', layout.diffIds[0] ?? '']],
  },
  completion: {
    hasNoDocument: true,
    runs: () => ['bash', 'zsh', 'fish'].map(shell => ['completion', shell]),
  },
  man: { hasNoDocument: true, runs: () => [['man', 'oci', 'pull']] },
  // Waits to be killed: see the tests of transactions.
  transaction: { hasNoDocument: true, runs: () => [] },
}
