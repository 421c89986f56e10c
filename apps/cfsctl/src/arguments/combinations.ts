import type { Option } from '../command.ts'
import { CliError } from '../errors/cli-error.ts'
import { formatOption } from './option-values.ts'
import type { ArgumentValue } from './program.ts'

/**
 * Fails when options are given together that exclude each other, or one without another that it needs, or when one is
 * missing that has to be given.
 */
export function checkCombination(
  options: readonly Option[],
  given: ReadonlyMap<Option, ArgumentValue>,
  fail: (message: string) => never,
): void {
  const present = options.filter(option => given.has(option))
  const names = new Set(present.map(({ name }) => name))
  const missing = options.filter(({ name, required }) => required === true && !names.has(name))
  if (missing.length > 0) fail(`missing option: ${missing.map(formatOption).join(', ')}`)
  for (const option of present) {
    const excluded = (option.excludes ?? []).find(name => names.has(name))
    if (excluded !== undefined)
      fail(`options '--${option.name}' and '--${excluded}' exclude each other`)
    const required = (option.requires ?? []).find(name => !names.has(name))
    if (required !== undefined) {
      const other = options.find(({ name }) => name === required)
      fail(
        `option '--${option.name}' needs '${other === undefined ? `--${required}` : formatOption(other)}'`,
      )
    }
  }
}

/** Fails with exit 5 when an option, or its value, is one of a later release. */
export function checkPlanned(
  options: readonly Option[],
  given: ReadonlyMap<Option, ArgumentValue>,
): void {
  for (const option of options) {
    const value = given.get(option)
    if (value === undefined || option.planned === undefined || option.planned === false) continue
    const isPlanned = option.planned === true || option.planned.includes(String(value))
    if (!isPlanned) continue
    const shown = option.planned === true ? `--${option.name}` : `--${option.name} ${value}`
    throw new CliError('feature-unsupported', `not in this release: ${shown}`, {
      context: { option: option.name },
    })
  }
}
