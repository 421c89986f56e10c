import { parseArgs } from 'node:util'
import type { Row } from './rows/row.ts'

/** What the command line says. */
export interface Options {
  readonly only: RegExp | undefined
  readonly samples: number | undefined
  readonly quick: boolean
  readonly huge: boolean
  /** Where the report goes as JSON; `-` is standard output. */
  readonly json: string | undefined
  readonly list: boolean
}

export const USAGE = `usage: pnpm bench [--quick] [--huge] [--only PATTERN] [--samples N] [--json FILE] [--list]

  --quick         a few rows, in less than a minute
  --huge          also the layers of 1 and 8 GiB, written to the disk
  --only PATTERN  the rows whose names match this regular expression
  --samples N     so many samples of each side
  --json FILE     also write all samples as JSON; "-" is standard output
  --list          print the names of the rows

BENCH_CFSCTL, BENCH_MKCOMPOSEFS, BENCH_SKOPEO: whom to compare with: paths or names on the PATH, arguments behind them
BENCH_OURS     our program, if not the one that was built here
BENCH_ROOTFS   the tar of a real root file system
BENCH_CACHE    where inputs are kept (5 GB)
BENCH_DISK     a directory on a disk (20 GB while it runs, with --huge 40)`

/** @throws TypeError of parseArgs, RangeError */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      samples: { type: 'string' },
      quick: { type: 'boolean', default: false },
      huge: { type: 'boolean', default: false },
      json: { type: 'string' },
      list: { type: 'boolean', default: false },
    },
  })
  const samples = values.samples === undefined ? undefined : Number(values.samples)
  if (samples !== undefined && !(Number.isInteger(samples) && samples > 0)) {
    throw new RangeError(`--samples ${values.samples}: a whole number above 0`)
  }
  return {
    only: values.only === undefined ? undefined : new RegExp(values.only, 'i'),
    samples,
    quick: values.quick,
    huge: values.huge,
    json: values.json,
    list: values.list,
  }
}

/** The rows that the options ask for. A pattern reaches the huge ones, too. */
export function chooseRows(rows: readonly Row[], options: Options): Row[] {
  const { only, quick, huge } = options
  return rows.filter(
    row =>
      (!quick || row.quick === true) &&
      (only === undefined ? huge || row.huge !== true : only.test(row.name)),
  )
}
