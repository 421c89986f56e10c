import type { Random } from '../random.ts'

/** Takes out, doubles, swaps or borrows items of a row: lines, entries, members, chunks. */
export function mutateRow<T>(row: T[], random: Random, others: readonly T[]): void {
  const at = random.below(row.length + 1)
  const item = row[at]
  switch (random.below(6)) {
    case 0:
      row.splice(at, 1 + random.below(3))
      break
    case 1:
      if (item !== undefined) row.splice(random.below(row.length + 1), 0, item)
      break
    case 2: {
      const [moved] = row.splice(at, 1)
      if (moved !== undefined) row.splice(random.below(row.length + 1), 0, moved)
      break
    }
    case 3:
      row.length = at
      break
    case 4:
      if (item !== undefined) {
        const copies = 1 << random.below(8)
        row.splice(at, 0, ...Array.from({ length: copies }, () => item))
      }
      break
    default:
      if (others.length > 0) row.splice(at, 0, random.pick(others))
  }
}
