import { linuxSystem } from '@composefs/linux'
import { checkOci } from '@composefs/oci'
import { collectGarbage, openRepository } from '@composefs/repository'
import { peer } from '../programs.ts'
import { run } from './program.ts'

/** Two days: temporary files of a run that was killed a moment ago are old then. */
const LATER = 2 * 24 * 60 * 60 * 1000

/** What a check of the repository, its images and all their layers finds, in this process. Nothing is changed. */
export async function findFaults(path: string): Promise<string[]> {
  await using repository = await openRepository(path, { system: linuxSystem, mode: 'read' })
  const { findings, repository: report } = await checkOci(repository, { content: true })
  return [
    ...report.findings.map(({ kind, path: where, detail }) => `${kind}: ${where}: ${detail}`),
    ...findings.map(({ kind, name, detail }) => `${kind}: ${name}: ${detail}`),
  ]
}

/** What the peer's checks find; nothing where there is no peer. */
export async function findFaultsByPeer(path: string): Promise<string[]> {
  if (peer === undefined) return []
  const faults: string[] = []
  for (const words of [['fsck'], ['oci', 'fsck']]) {
    const { status, stdout, stderr } = await run([peer, '--repo', path, ...words])
    if (status !== 0) faults.push(`peer ${words.join(' ')}: ${stdout}${stderr}`)
  }
  return faults
}

/** Collects garbage in this process, what is left of killed runs included. */
export async function collectAll(path: string): Promise<void> {
  await using repository = await openRepository(path, { system: linuxSystem, mode: 'write' })
  await collectGarbage(repository, { now: Date.now() + LATER })
}
