import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { writeDemoLayout } from '../../test-fixtures/src/index.ts'
import { Project } from './project.ts'
import type { Packed } from './published.ts'

/** Installs the program by `npm install --global` and runs it, then once more by npx. */
export async function tryProgram(packed: Packed, directory: string): Promise<string> {
  const project = new Project(directory, {})
  await writeDemoLayout(join(directory, 'layout'))
  const prefix = join(directory, 'prefix')
  mkdirSync(prefix)
  const quiet = [
    '--prefer-offline',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]
  project.run('npm', ['install', '--global', '--prefix', prefix, ...quiet, packed.tarball])
  // The shebang line takes the node of PATH.
  const path = `${join(process.execPath, '..')}:${process.env.PATH}`
  const run = (program: string, ...args: string[]) =>
    project.run('env', [`PATH=${path}`, join(prefix, 'bin', program), ...args])

  const version = run('cfsctl', '--version')
  run('cfsctl', 'init', '--insecure', 'repository')
  run('cfsctl', '--repo', 'repository', 'oci', 'pull', 'oci:layout:demo', 'demo')
  run('cfsctl', '--repo', 'repository', 'oci', 'seal', 'demo')
  run('cfsctl', '--repo', 'repository', 'fsck')
  run('mkcomposefs', 'layout', 'image')
  const listing = run('composefs-info', 'ls', 'image')
  if (!existsSync(join(directory, 'image')) || !listing.includes('/oci-layout')) {
    throw new Error(`no image of a directory: ${listing}`)
  }
  const npx = ['exec', '--yes', ...quiet, '--package', packed.tarball, '--', 'cfsctl', '--version']
  const again = project.run('env', [`PATH=${path}`, 'npm', ...npx])
  if (again !== version) throw new Error(`npx ran another version: ${again}`)
  return version
}
