import type { Random } from '../random.ts'
import { INPUT_MAX } from '../target.ts'
import { INTERESTING } from './interesting.ts'
import { mutateRow } from './rows.ts'

const FIELD_COUNT = 11
const MODES = [
  ...['40755', '100644', '120777', '20666', '60660', '10644', '140755', '@120000', '@100644'],
  ...['@40755', '644', '170000', '37777777777', '@', '107777'],
]
const TEXTS = [
  '-',
  '',
  '\\x2d',
  '\\x00',
  'a',
  'a\\x20b',
  '..',
  '\\',
  '\\x',
  '\\xzz',
  '\\q',
  '=',
  '\xff',
]
const XATTRS = [
  ...['user.a=b', 'user.a=', '=b', 'user.a', 'trusted.overlay.opaque=y', 'user.overlay.opaque=x'],
  ...['trusted.overlay.overlay.whiteout=', 'user.overlay.whiteout=', 'user.overlay.whiteouts='],
  ...['trusted.overlay.metacopy=', 'trusted.overlay.redirect=/aa', 'system.posix_acl_access=x'],
  ...['system.posix_acl_access_x=y', 'lustre.x=y', 'security.selinux=l', 'trusted.=', 'user.=1'],
]

/** Changes the lines of a dump and the fields of its lines. */
export function mutateDump(
  input: Uint8Array,
  random: Random,
  others: readonly Uint8Array[],
): Uint8Array | undefined {
  const lines = linesOf(input)
  if (lines.length === 0) return undefined
  const changes = 1 << random.below(4)
  for (let i = 0; i < changes; i++) {
    const at = random.below(lines.length)
    const line = lines[at]
    if (line === undefined || random.oneIn(4)) {
      mutateRow(lines, random, others.length > 0 ? linesOf(random.pick(others)) : [])
    } else {
      lines[at] = mutateLine(line, lines, random)
    }
  }
  return Buffer.from(lines.join('\n') + (random.oneIn(5) ? '' : '\n'), 'latin1').subarray(
    0,
    INPUT_MAX,
  )
}

function linesOf(input: Uint8Array): string[] {
  return Buffer.from(input)
    .toString('latin1')
    .split('\n')
    .filter(line => line !== '')
}

function mutateLine(line: string, lines: readonly string[], random: Random): string {
  const fields = line.split(' ')
  const at = random.below(fields.length + 1)
  const number = () => random.pick(INTERESTING).toString()
  switch (at) {
    case 0:
      fields[0] = mutatePath(fields[0] ?? '', lines, random)
      break
    case 1:
    case 3:
    case 4:
    case 5:
    case 6:
      fields[at] = random.oneIn(8) ? `-${number()}` : number()
      break
    case 2:
      fields[at] = random.pick(MODES)
      break
    case 7:
      fields[at] = random.pick([`${number()}.0`, `-${number()}.5`, `0.${number()}`, number(), '.'])
      break
    case 8:
      fields[at] = random.oneIn(2) ? pathOf(random.pick(lines)) : textOf(random)
      break
    case 9:
      fields[at] = random.oneIn(2) ? resized(fields, random) : textOf(random)
      break
    case 10:
      fields[at] = random.pick([
        '-',
        'ab'.repeat(32),
        'cd'.repeat(64),
        'AB'.repeat(32),
        'g'.repeat(64),
        '',
      ])
      break
    default:
      if (random.oneIn(3)) fields.length = Math.min(at, FIELD_COUNT)
      else fields.splice(Math.max(at, FIELD_COUNT), random.below(2), random.pick(XATTRS))
  }
  return fields.join(' ')
}

/** Inline content of some length, with the size that says it. */
function resized(fields: string[], random: Random): string {
  const length = random.pick([0, 1, 64, 65, 512, 513, 2047, 2048, 2049, 4095, 4096, 5000, 5001])
  fields[1] = String(length)
  fields[10] = '-'
  return 'c'.repeat(length)
}

function mutatePath(path: string, lines: readonly string[], random: Random): string {
  const parent = pathOf(random.pick(lines))
  return random.pick([
    `${parent}/${random.pick(['a', 'b', '.', '..', '', '00', 'ff', 'FF', '\\x2f', 'n'.repeat(256)])}`,
    `${parent === '/' ? '' : parent}/${random.pick(['x', 'y', '00', 'c', '!', '+', '-'])}`,
    path.slice(1),
    `${path}/`,
    '/',
    path.replace('/', '/\\x00'),
  ])
}

function textOf(random: Random): string {
  return random.oneIn(4) ? 't'.repeat(1 << random.below(14)) : random.pick(TEXTS)
}

function pathOf(line: string): string {
  return line.split(' ', 1)[0] ?? ''
}
