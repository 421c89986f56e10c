import type { Option, ValueType } from '../command.ts'
import type { ArgumentValue } from './program.ts'

/** `--repo PATH`, `-q, --quiet`: an option as the help and messages show it. */
export function formatOption(option: Option): string {
  const value = option.value === undefined ? '' : ` ${valueLabel(option.value)}`
  return `--${option.name}${value}`
}

/** What stands for the value: `PATH`, or the choices. */
export function valueLabel(type: ValueType): string {
  if (type.kind === 'choice') return type.label ?? type.choices.join('|')
  return type.label
}

/** The value of `text`, or why it is none. */
export function parseValue(
  type: ValueType,
  text: string,
): { value: string | number } | { why: string } {
  switch (type.kind) {
    case 'choice':
      return type.choices.includes(text)
        ? { value: text }
        : { why: `possible values: ${type.choices.join(', ')}` }
    case 'integer': {
      const number = /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN
      if (number >= type.min && number <= type.max) return { value: number }
      return { why: rangeText(type.min, type.max) }
    }
    case 'path':
      return text === '' ? { why: 'a path is not empty' } : { value: text }
    case 'text':
      return { value: text }
  }
}

/** What an option has when it is not given. */
export function absentValue(option: Option): ArgumentValue {
  if (option.repeat === true) return option.value === undefined ? 0 : []
  return option.value === undefined ? false : undefined
}

function rangeText(min: number, max: number): string {
  return max === Number.MAX_SAFE_INTEGER
    ? `a whole number from ${min} on`
    : `a whole number from ${min} to ${max}`
}
