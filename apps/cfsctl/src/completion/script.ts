import { bashScript } from './bash.ts'
import { fishScript } from './fish.ts'
import type { Shell } from './shells.ts'
import { zshScript } from './zsh.ts'

/** The completion script of a shell. */
export function completionScript(shell: Shell): string {
  switch (shell) {
    case 'bash':
      return bashScript
    case 'zsh':
      return zshScript
    case 'fish':
      return fishScript
  }
}
