import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { buildProgram, runWell } from '../crash/program.ts'
import { unpack } from '../unpack.ts'

/** A repository with names that shells find hard, and the program as a user has it. */
export interface Stocked {
  readonly work: string
  readonly repository: string
  /** The directory of a layout with one image. */
  readonly layout: string
  /** A directory with `cfsctl`, for PATH. */
  readonly bin: string
  /** Digest of the manifest that the tags lead to. */
  readonly manifest: string
  /** Runs the program, built: it is started often. */
  run(args: readonly string[], environment?: Readonly<Record<string, string>>): Ran
}

export interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Tags of the repository, sorted. */
export const TAGS = ["it's $HOME", 'plain', 'quay.io/a/b@c:1%x', 'registry:5000/app:1.0']

/** Builds the program, and makes the repository, below `work`. */
export async function stock(work: string): Promise<Stocked> {
  const [node, main = ''] = await buildProgram(join(work, 'built'))
  const repository = join(work, 'repository')
  const bin = join(work, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'cfsctl'), `#!/bin/sh\nexec '${node}' '${main}' "$@"\n`)
  chmodSync(join(bin, 'cfsctl'), 0o755)
  unpack(join(vectorsDirectory, 'repo/layouts/basic.tar'), join(work, 'layouts'))
  const layout = join(work, 'layouts/basic')
  const run: Stocked['run'] = (args, environment = {}) => {
    const env = { ...process.env, NODE_OPTIONS: '', ...environment }
    const { status, stdout, stderr } = spawnSync(node, [main, ...args], { encoding: 'utf8', env })
    return { status, stdout, stderr }
  }
  const ours = async (...args: string[]) =>
    (await runWell([node, main, '--repo', repository, ...args])).stdout
  await ours('init', '--insecure')
  const [tag = '', ...others] = TAGS
  const pulled = await ours('--json', '-q', 'oci', 'pull', `oci:${layout}`, tag)
  for (const name of others) await ours('oci', 'tag', tag, name)
  const tree = join(work, 'tree')
  mkdirSync(tree)
  for (const name of ['top', 'my/image']) {
    await ours('create-image', '--no-propagate-usr-to-root', tree, name)
  }
  return { work, repository, layout, bin, manifest: JSON.parse(pulled).manifest_digest, run }
}
