import { existsSync } from 'node:fs'
import type { CheckName } from '../rows/scenarios.ts'
import { compareFiles } from './compare-files.ts'
import { compareRepositories, imageNames } from './object-sets.ts'

/** What a run left. */
export interface Outcome {
  readonly repo: string
  readonly output: string
}

/** What is wrong with our result, by itself and next to that of the peer. That both ended well is known. */
export function checkResults(
  check: CheckName,
  ours: Outcome,
  peer: Outcome | undefined,
): readonly string[] {
  switch (check) {
    case 'exit-status':
      return []
    case 'repositories': {
      const alone = imageNames(ours.repo).length > 0 ? [] : ['no image']
      return peer === undefined ? alone : [...alone, ...compareRepositories(ours.repo, peer.repo)]
    }
    case 'output-files':
      if (!existsSync(ours.output)) return ['no output']
      return peer === undefined ? [] : compareFiles(ours.output, peer.output)
  }
}
