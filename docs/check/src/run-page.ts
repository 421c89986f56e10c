import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CodeBlock } from './code-blocks.ts'
import type { Page } from './pages.ts'
import type { ScratchWorld } from './scratch-world.ts'
import { splitCommands } from './workspace-commands.ts'

/** What a page needs before its first block: shell commands. */
const PREPARATION: Readonly<Record<string, readonly string[]>> = {
  'README.md': [
    'cfsctl init --insecure /srv/other-repository',
    'cfsctl --repo /srv/other-repository oci pull oci:layout:latest debian',
    'mkcomposefs ./rootfs image.erofs',
  ],
  'docs/diff-and-explain.md': [
    'mkdir -p rootfs-1/etc rootfs-1/usr/bin',
    'echo hello > rootfs-1/etc/motd',
    'head -c 5000 /dev/zero > rootfs-1/usr/bin/tool',
    'chmod 755 rootfs-1/usr/bin/tool',
    'ln -s tool rootfs-1/usr/bin/old',
    'cp -a rootfs-1 rootfs-2',
    'echo hello, there > rootfs-2/etc/motd',
    'head -c 100000 /dev/zero > rootfs-2/usr/bin/new',
    'chmod 700 rootfs-2/usr/bin/tool',
    'rm rootfs-2/usr/bin/old',
    'find rootfs-1 rootfs-2 -exec touch -h -d @1700000000 {} +',
    'cfsctl create-dumpfile rootfs-1 | sed "/tool 5000/s/1700000000.0/1700000000.5/" > fine.dump',
  ],
  'packages/erofs/README.md': ['mkcomposefs ./rootfs image.erofs'],
  'docs/report.md': [
    'export CFSCTL_REPO=/srv/composefs',
    'cfsctl init --insecure /srv/composefs',
    'cfsctl oci pull oci:layout:latest app:1.0',
    'mkcomposefs ./rootfs app.erofs',
  ],
  'packages/report/README.md': [
    'cfsctl init --insecure /srv/composefs',
    'cfsctl --repo /srv/composefs oci pull oci:layout:latest app:1.0',
  ],
  'packages/linux/README.md': [
    'cfsctl init --insecure /srv/composefs',
    'mkcomposefs --digest-store=/srv/composefs/objects ./rootfs /srv/app.erofs',
  ],
}

/**
 * Pages that a command of the workspace writes, and why their blocks are not run: these show how commands are called, with
 * names that nobody has.
 */
export const WRITTEN_BY_COMMAND: readonly string[] = ['docs/cli.md']

/** Languages of blocks that are programs. */
export const RUN: readonly string[] = ['sh', 'console', 'ts', 'js']

/** Where all packages are found. Node takes no TypeScript below node_modules. */
const examples = fileURLToPath(new URL('../.examples', import.meta.url))

/**
 * Runs the blocks of a page one after the other, as somebody would who reads it: in one shell, with `/srv` and `/mnt` of
 * its own. Needs root.
 *
 * @throws Error with the line of the block that failed, and all output
 */
export async function runPage(page: Page, world: ScratchWorld): Promise<string> {
  const scripts = join(examples, `${process.pid}-${page.path.replaceAll('/', '-')}`)
  mkdirSync(scripts, { recursive: true })
  try {
    const blocks = page.blocks.filter(
      ({ language, notRun }) => RUN.includes(language) && notRun === undefined,
    )
    const script = join(scripts, 'page.sh')
    writeFileSync(
      script,
      pageScript(
        page,
        blocks.map(block => blockScript(block, scripts, world)),
      ),
    )
    const child = spawn('unshare', ['--mount', '--propagation', 'private', 'bash', script], {
      cwd: world.directory,
      env: world.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', data => {
        output += data
      })
    }
    const [status] = await once(child, 'close')
    if (status !== 0) throw new Error(`${page.path}: status ${status}\n${output}`)
    return output
  } finally {
    rmSync(scripts, { recursive: true })
  }
}

function pageScript(page: Page, blocks: readonly string[]): string {
  return [
    'set -euo pipefail',
    'mount -t tmpfs tmpfs /srv',
    'mount -t tmpfs tmpfs /mnt',
    ...(PREPARATION[page.path] ?? []).map(command => `{ ${command}; } >/dev/null`),
    'line=0',
    `trap '[ $? = 0 ] || echo "failed: the block at line $line"' EXIT`,
    ...blocks,
  ].join('\n')
}

function blockScript(block: CodeBlock, directory: string, world: ScratchWorld): string {
  const text = block.text.replaceAll('sha256:…', world.diffId)
  if (block.language === 'sh') return [`line=${block.line}`, ...splitCommands(text).run].join('\n')
  if (block.language === 'console') {
    return [`line=${block.line}`, ...transcriptScript(text, join(directory, `${block.line}`))].join(
      '\n',
    )
  }
  const file = join(directory, `line-${block.line}.${block.language === 'js' ? 'mjs' : 'ts'}`)
  writeFileSync(file, text)
  const node = `'${process.execPath}' --conditions=composefs-source --no-warnings`
  return `line=${block.line}\n${node} '${file}'`
}

/** Each command of a transcript, and a comparison of what it prints with what stands below it. */
function transcriptScript(text: string, file: string): string[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part, index) => {
      const [command = '', ...output] = part.trimEnd().split('\n')
      const expected = `${file}-${index}`
      writeFileSync(expected, `${output.join('\n')}\n`)
      return `diff '${expected}' <(${command} 2>&1)`
    })
}
