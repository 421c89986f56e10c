import { spawnSync } from 'node:child_process'
import { listTags, pull, seal } from '../../packages/oci/src/index.ts'
import {
  type CheckReport,
  checkRepository,
  collectGarbage,
  countRepository,
  findDependents,
  formatFinding,
  type Repository,
} from '../../packages/repository/src/index.ts'
import type { GuestRepository } from './guest-repository.ts'
import type { CheckFacts, GuestTask } from './messages.ts'

/**
 * Checks what a cut has left, then makes up for it: the images are pulled again, and a garbage collection removes what
 * no name reaches. In every other round the collection comes first, so that the pull meets what was left in the others.
 */
export async function checkAfterCut(at: GuestRepository, task: GuestTask): Promise<CheckFacts> {
  const problems: string[] = []
  const { objects: objectsBefore, ...namesBefore } = countRepository(at.path)
  const leftovers = await at.run('fsck', 'check', async repository => {
    const { leftovers, wrong } = await sortFindings(repository)
    problems.push(...wrong.map(finding => `after the cut: ${finding}`))
    return leftovers
  })
  const collect = () =>
    at.run(
      'collect',
      'check',
      async repository => (await collectGarbage(repository)).objectsRemoved,
    )
  const repeat = () => at.run('repeat', 'check', repository => pullAgain(repository, task))
  let collected = 0
  if (task.seed % 2 === 0) collected = await collect()
  problems.push(...(await repeat()))
  collected += await collect()
  await at.run('fsck', 'check', async repository => {
    const { findings } = await checkRepository(repository)
    problems.push(...findings.map(finding => `at the end: ${formatFinding(finding)}`))
  })
  problems.push(...askPeer(at.path, task.peer))
  const names = namesBefore.streams + namesBefore.images
  return { repository: at.name, leftovers, problems, names, objects: objectsBefore, collected }
}

/** Tells wrong objects that no name reaches from everything else that is wrong. */
async function sortFindings(
  repository: Repository,
): Promise<{ leftovers: readonly string[]; wrong: readonly string[] }> {
  const report: CheckReport = await checkRepository(repository)
  const objects = report.findings.flatMap(({ kind, digest }) =>
    kind.startsWith('object-') && digest !== undefined ? [digest] : [],
  )
  const needed = await findDependents(repository, objects)
  const isLeftover = ({ kind, digest }: CheckReport['findings'][number]) =>
    kind.startsWith('object-') &&
    digest !== undefined &&
    (needed.get(digest.hex) ?? []).length === 0
  return {
    leftovers: report.findings.filter(isLeftover).map(formatFinding),
    wrong: report.findings.filter(finding => !isLeftover(finding)).map(formatFinding),
  }
}

/** Pulls and seals everything; what is not as it should be is told. */
async function pullAgain(repository: Repository, task: GuestTask): Promise<readonly string[]> {
  const problems: string[] = []
  for (const { tag, layout, ...known } of task.images) {
    const { manifestDigest, composefsErofs } = await pull(repository, layout, { tag })
    const sealed = await seal(repository, tag, { tag: `${tag}-sealed` })
    const facts: readonly (readonly [string, string | undefined, string])[] = [
      ['manifest', manifestDigest, known.manifestDigest],
      ['image', composefsErofs?.hex, known.imageId],
      ['sealed manifest', sealed.manifest.digest, known.sealedDigest],
    ]
    for (const [what, actual, expected] of facts) {
      if (actual !== expected) problems.push(`${tag}: the ${what} is ${actual}, not ${expected}`)
    }
  }
  const tags = new Set(listTags(repository).map(({ name }) => name))
  for (const { tag } of task.images) if (!tags.has(tag)) problems.push(`the tag ${tag} is missing`)
  return problems
}

/** What the peer's own fsck says, if it is there. */
function askPeer(path: string, peer: string | null): readonly string[] {
  if (peer === null) return []
  const { status, stdout, stderr, error } = spawnSync(peer, ['--repo', path, 'fsck'], {
    encoding: 'utf8',
  })
  if (error !== undefined) throw error
  return status === 0 ? [] : [`the peer's fsck: ${stdout}${stderr}`]
}
