import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from '../reference/page.ts'

/**
 * Has man show a page on the terminal, with the pager of the user. False when there is no man that can.
 *
 * @param source the page in roff
 */
export async function showByMan({ name, section }: Page, source: string): Promise<boolean> {
  const directory = mkdtempSync(join(tmpdir(), 'cfsctl-man-'))
  try {
    const file = join(directory, `${name}.${section}`)
    writeFileSync(file, source)
    return await succeeds('man', ['-l', file])
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function succeeds(command: string, args: readonly string[]): Promise<boolean> {
  // Takes its time to load, and a page that goes to a file or pipe has no use for it.
  const { spawn } = await import('node:child_process')
  return new Promise(resolve => {
    // Without man, or where it knows no -l, its message would be in the way of the page.
    const child = spawn(command, args, { stdio: ['inherit', 'inherit', 'ignore'] })
    child.once('error', () => resolve(false))
    child.once('close', status => resolve(status === 0))
  })
}
