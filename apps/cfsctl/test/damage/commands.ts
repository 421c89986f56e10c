import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Ending, runInProcess } from './in-process.ts'

/** What commands are run on. */
export interface Workbench {
  /** The repository, which may be damaged. */
  readonly repository: string
  /** A sound repository, to copy from and to. */
  readonly other: string
  /** An OCI layout of what was pulled. */
  readonly layout: string
  /** A directory for what commands write beside repositories; it may be filled. */
  readonly scratch: string
  /** Digests of what is in the repository. */
  readonly names: {
    readonly layer: string
    readonly config: string
    readonly manifest: string
    readonly image: string
  }
}

/** A command line, after `--repo`, and what it reads on standard input. */
export interface CommandLine {
  readonly args: readonly string[]
  readonly input?: Uint8Array
  readonly repository?: string
}

/** Commands that read a repository, in each of their forms. */
export function readingCommands({ layout, scratch, names }: Workbench): readonly CommandLine[] {
  const { layer, config, manifest, image } = names
  return [
    ['fsck'],
    ['--json', 'fsck', '--metadata-only'],
    ['oci', 'fsck', '--content', 'good'],
    ['info'],
    ['images'],
    ['--json', 'images'],
    ['oci', 'images'],
    ['--json', 'oci', 'images'],
    ['oci', 'inspect', 'good'],
    ['oci', 'inspect', '--config', `@${manifest}`],
    ['oci', 'layer', layer],
    ['--json', 'oci', 'layer', layer],
    ['oci', 'layer', '--dumpfile', layer],
    ['oci', 'ls-layer', layer],
    ['oci', 'dump', 'good'],
    ['oci', 'compute-id', 'good'],
    ['oci', 'linked-erofs-images', image],
    ['oci', 'digests', `oci:${layout}:good`],
    ['oci', 'export', 'good', `oci:${join(scratch, 'layout')}:good`],
    ['oci', 'export', '--force', 'good', `oci-archive:${join(scratch, 'archive.tar')}:good`],
    ['image-objects', 'refs/my/image'],
    ['image-objects', image],
    ['dump-files', 'refs/my/image', '/'],
    ['dump-files', '--backing-path-only', image, '/usr/bin/x'],
    ['cat', 'refs/mine'],
    ['cat', `oci-layer-${layer}`],
    ['cat', `oci-config-${config}`],
    ['compute-id', layout],
    ['gc', '--dry-run', '--explain'],
    ['gc', '--why', `sha256:${image}`],
    ['df'],
    ['--json', 'oci', 'pull', '--dry-run', `oci:${layout}:good`],
  ].map(args => ({ args }))
}

/** Commands that write, in an order in which each has something to do; the last ones take things away. */
export function writingCommands(bench: Workbench): readonly CommandLine[] {
  const { repository, other, layout, scratch, names } = bench
  const { manifest, layer } = names
  const lines: readonly (readonly string[])[] = [
    ['init', '--ensure'],
    ['oci', 'tag', `@${manifest}`, 'new'],
    ['oci', 'tag', manifest, 'oci/deep/er'],
    ['oci', 'seal', 'good', '--tag', 'sealed-again'],
    ['create-image', join(layout, 'blobs'), 'my/blobs'],
    ['oci', 'pull', `oci:${layout}:good`, 'pulled'],
    ['oci', 'pull', '--repair', `oci:${layout}:good`, 'repaired'],
    ['oci', 'copy', '--from', other, 'good', '--name', 'copied'],
    ['fsck', '--repair', '--from', `oci:${layout}:good`],
    ['image', 'tag', names.image, 'tagged'],
    ['image', 'rm', 'my/image'],
    ['oci', 'untag', 'good'],
    ['gc'],
    ['fsck'],
    ['init', '--reset-metadata', '--insecure', '--algorithm', 'fsverity-sha256-12'],
  ]
  const image = readFileSync(join(scratch, 'image'))
  return [
    ...lines.slice(0, 5).map(args => ({ args })),
    { args: ['import-image', 'imported'], input: image },
    { args: ['oci', 'import-layer', layer, 'layer'], input: readFileSync(join(scratch, 'layer')) },
    // The damaged one as a source.
    { args: ['oci', 'copy', '--from', repository, 'good', '--name', 'from'], repository: other },
    ...lines.slice(5).map(args => ({ args })),
  ]
}

/** Runs a command line and returns how it ended. */
export function runLine({ repository }: Workbench, line: CommandLine): Promise<Ending> {
  // Threads take longer to start than anything here takes to run.
  const globals = ['--repo', line.repository ?? repository, '--jobs', '1']
  return runInProcess([...globals, ...line.args], line.input)
}
