import { formatOption } from '../arguments/option-values.ts'
import type { Option } from '../command.ts'

/** Options as the help lists them: what to type, and what it does. */
export function optionEntries(
  options: readonly Option[],
): readonly (readonly [term: string, meaning: string])[] {
  return options
    .filter(({ hidden }) => hidden !== true)
    .map(option => [
      option.short === undefined
        ? formatOption(option)
        : `-${option.short}, ${formatOption(option)}`,
      option.summary + notes(option),
    ])
}

function notes(option: Option): string {
  const env = option.env?.[0]
  const parts = [
    option.repeat === true ? 'may be repeated' : undefined,
    env === undefined ? undefined : `env ${env}`,
    option.planned === true ? 'not in this release' : undefined,
    Array.isArray(option.planned) ? `not in this release: ${option.planned.join(', ')}` : undefined,
  ].filter(part => part !== undefined)
  return parts.length === 0 ? '' : ` [${parts.join('; ')}]`
}
