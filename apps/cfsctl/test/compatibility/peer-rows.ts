import { imageBytes, layerTar, type SmallRepository } from '../small-repository.ts'

/** A command that both programs run, each on its own copy of one repository. */
export interface PeerRow {
  /**
   * The words behind the name of the program. In braces: what is in the repository, `{new}` for a path that is not
   * there, `{mount}` for an empty directory.
   */
  readonly line: string
  readonly input?: (small: SmallRepository) => Uint8Array
  /** Lines run before by both, on their own copies. */
  readonly before?: readonly string[]
  /** How standard output is compared. Default: byte for byte. */
  readonly compare?: Comparison
  /** The repository is another one afterwards: the checks of both programs find nothing wrong with it. */
  readonly changes?: boolean
  /** Something is mounted, which needs root. */
  readonly mounts?: boolean
}

/**
 * `lines`: in any order, as the peer's is that of a directory. `json`: the keys that the peer has. `pull`: without the
 * id of the manifest's stream, which the peer tells before the last change, and our line for the image. `none`: only
 * whether it works.
 */
export type Comparison = 'bytes' | 'lines' | 'json' | 'pull' | 'none'

const READING: readonly PeerRow[] = [
  { line: '--repo {repo} fsck' },
  { line: '--user fsck', compare: 'none' },
  { line: '--system fsck', compare: 'none' },
  { line: '--hash sha256 fsck' },
  { line: '--hash sha512 fsck' },
  { line: '--require-verity fsck' },
  { line: '--no-upgrade fsck' },
  { line: '--insecure fsck' },
  ...['0', '1', '2'].map(
    version => ({ line: `--erofs-version ${version} images`, compare: 'lines' }) as const,
  ),
  { line: 'fsck' },
  { line: 'fsck --metadata-only' },
  { line: 'fsck --json', compare: 'json' },
  { line: 'gc -n' },
  { line: 'gc --dry-run' },
  { line: 'cat oci-config-{config}' },
  { line: 'cat oci-layer-{layer}' },
  { line: 'cat refs/oci/app:1' },
  { line: 'cat refs/nope' },
  { line: 'images', compare: 'lines' },
  { line: 'images --no-trunc', compare: 'lines' },
  { line: 'images --json', compare: 'json' },
  { line: 'list-images', compare: 'lines' },
  { line: 'image-objects img', compare: 'lines' },
  { line: 'image-objects {image}', compare: 'lines' },
  { line: 'dump-files img' },
  { line: 'dump-files img /usr /etc/small' },
  { line: 'dump-files --backing-path-only img /usr/bin/large /etc/small' },
  { line: 'dump-files --backing-path-only img /usr' },
  { line: 'oci images', compare: 'lines' },
  { line: 'oci images --json', compare: 'json' },
  { line: 'oci inspect app:1', compare: 'json' },
  { line: 'oci inspect @{manifest}', compare: 'json' },
  { line: 'oci inspect --manifest app:1' },
  { line: 'oci inspect --config app:1' },
  { line: 'oci inspect --manifest --config app:1' },
  { line: 'oci layer {layer}' },
  { line: 'oci layer --dumpfile {layer}' },
  { line: 'oci layer --json {layer}', compare: 'json' },
  { line: 'oci dump app:1' },
  { line: 'oci dump @{config} {configVerity} --bootable --xattrs allowlist-only' },
  { line: 'oci dump --xattrs keep-user-xattrs app:1' },
  { line: 'oci compute-id app:1' },
  { line: 'oci compute-id @{config} {configVerity} --bootable --xattrs allowlist-only' },
  { line: 'oci compute-id --xattrs keep-user-xattrs app:1' },
  { line: 'oci fsck' },
  { line: 'oci fsck app:1' },
  { line: 'oci fsck app:1 --json', compare: 'json' },
  { line: 'oci fsck nope' },
  { line: 'oci linked-erofs-images {plainImage}', compare: 'json' },
  { line: 'oci linked-erofs-images {image}', compare: 'none' },
]

const WITHOUT_REPOSITORY: readonly PeerRow[] = [
  { line: 'compute-id {root}' },
  {
    line: 'compute-id --bootable --no-propagate-usr-to-root --xattrs keep-user-xattrs {root}',
  },
  { line: 'compute-karg {root}' },
  { line: 'compute-karg --no-propagate-usr-to-root {root}' },
  { line: '--insecure compute-karg {root}' },
  { line: 'create-dumpfile {root}' },
  {
    line: 'create-dumpfile --bootable --no-propagate-usr-to-root --xattrs allowlist-only {root}',
  },
  { line: '--no-repo compute-id {root}' },
  { line: '--no-repo compute-karg {root}' },
  { line: '--no-repo create-dumpfile {root}' },
  { line: 'help', compare: 'none' },
  { line: 'help oci pull', compare: 'none' },
  { line: '--help', compare: 'none' },
  { line: '-h', compare: 'none' },
  { line: '--version', compare: 'none' },
  { line: '-V', compare: 'none' },
]

const CHANGING: readonly PeerRow[] = [
  { line: 'init --insecure' },
  { line: 'init --insecure {new}' },
  { line: 'init --insecure {repo}' },
  { line: 'init --insecure --algorithm fsverity-sha256-12 {new}' },
  { line: 'init --insecure --algorithm fsverity-sha512-12 {new}' },
  { line: 'init --insecure --algorithm sha512 {new}' },
  { line: 'init --ensure' },
  { line: 'init --insecure --reset-metadata' },
  { line: 'init --insecure --erofs-version 2 {new}' },
  { line: 'init --insecure --erofs-version 2' },
  { line: '--insecure init {new}' },
  { line: 'gc' },
  { line: 'gc -r {image} -r nothing', before: ['oci untag app:1'] },
  { line: 'gc --root oci-config-{config}', before: ['oci untag app:1'] },
  { line: 'create-image {root}' },
  { line: 'create-image {root} new/name' },
  { line: 'create-image --bootable {root}' },
  { line: 'create-image --no-propagate-usr-to-root {root}' },
  { line: 'create-image --xattrs allowlist-only {root}' },
  { line: 'create-image --xattrs keep-user-xattrs {root}' },
  { line: 'create-image /nowhere' },
  { line: 'import-image new', input: imageBytes },
  { line: 'oci pull {reference}', compare: 'pull' },
  { line: 'oci pull {reference} again', compare: 'pull' },
  { line: 'oci pull {reference} --bootable', compare: 'pull' },
  {
    line: 'oci pull --bootable --expected-digest {bootImage} {reference} boot',
    compare: 'pull',
  },
  { line: `oci pull --bootable --expected-digest ${'0'.repeat(64)} {reference} boot` },
  { line: 'oci pull --local-fetch disabled {reference}', compare: 'pull' },
  { line: 'oci pull --local-fetch auto {reference}', compare: 'pull' },
  { line: 'oci pull oci:/nowhere' },
  { line: 'oci copy app:1 --from {other}' },
  { line: 'oci copy app:1 --from {other} --name copied --zerocopy', compare: 'none' },
  { line: 'oci tag {manifest} a/b:c%d@e' },
  { line: 'oci untag app:1' },
  { line: 'oci untag nope' },
  { line: 'oci import-layer {layer}', input: small => layerTar(small, 0) },
  { line: 'oci import-layer {layer} my/layer', input: small => layerTar(small, 0) },
]

const MOUNTING: readonly PeerRow[] = [
  'mount img {mount}',
  'mount {image} {mount}',
  'mount --fuse auto img {mount}',
  'mount --fuse no img {mount}',
  'mount --foreground img {mount}',
  'mount --upperdir {upper} --workdir {workdir} img {mount}',
  'mount --upperdir {upper} --workdir {workdir} --read-write img {mount}',
  'mount --upperdir {upper} img {mount}',
  'mount nope {mount}',
  'oci mount app:1 {mount}',
  'oci mount {manifest} {mount}',
  'oci mount --bootable app:1 {mount}',
  'oci mount --bootable {manifest} {mount}',
  'oci mount --fuse no --foreground app:1 {mount}',
  'oci mount --upperdir {upper} --workdir {workdir} --read-write app:1 {mount}',
].map(line => ({ line, mounts: true }))

export const PEER_ROWS: readonly PeerRow[] = [
  ...READING,
  ...WITHOUT_REPOSITORY,
  ...CHANGING.map(row => ({ ...row, changes: true })),
  ...MOUNTING,
]
