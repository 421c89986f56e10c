import { realpathSync } from 'node:fs'
import type { Repository } from '@composefs/repository'
import { CliError } from '../errors/cli-error.ts'

/**
 * Refuses a directory inside the repository: a mount there would cover what the repository keeps, and changes would
 * become part of it.
 *
 * @throws CliError repository-conflict; errors of system calls for what is not there
 */
export function assertOutsideRepository(repository: Repository, path: string): void {
  const [root, place] = [realpathSync(repository.path), realpathSync(path)]
  if (place !== root && !place.startsWith(root === '/' ? root : `${root}/`)) return
  throw new CliError('repository-conflict', `${path} is inside the repository ${root}`, {
    hints: [
      'choose a directory outside: what is mounted there would cover what the repository has',
    ],
    context: { path: place, repository: root },
  })
}
