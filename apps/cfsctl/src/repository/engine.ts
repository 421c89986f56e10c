import { nodeHashing } from '@composefs/fsverity/node'
import {
  createEngine,
  ENGINE_CHOICES,
  type Engine,
  type EngineChoice,
  parseEngineChoice,
} from '@composefs/linux/engine'
import { CliError } from '../errors/cli-error.ts'

/** Names one of ENGINE_CHOICES; what is not set, or empty, is `auto`. */
const VARIABLE = 'COMPOSEFS_ENGINE'

/**
 * Who hashes and decompresses in this thread: the libraries inside Node where they can be called directly.
 *
 * @throws CliError usage, as this module loads: the variable has another value
 */
export const engine: Engine = createEngine({ fallback: nodeHashing, choice: chosenEngine() })

function chosenEngine(): EngineChoice {
  const text = process.env[VARIABLE] || 'auto'
  const choice = parseEngineChoice(text)
  if (choice !== undefined) return choice
  throw new CliError('usage', `${VARIABLE} is '${text}': one of ${ENGINE_CHOICES.join(', ')}`)
}
