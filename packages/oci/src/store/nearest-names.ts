/** Names shown at most. */
const COUNT = 3
/** Longest text that is compared, as long as a tag can be; the work grows with its square. */
const LENGTH_MAX = 255

/**
 * The names that may have been meant by `text`, nearest first: those that contain it or are contained in it, and those
 * that a third of its letters tell apart at most.
 */
export function nearestNames(text: string, names: readonly string[]): string[] {
  if (text === '' || text.length > LENGTH_MAX) return []
  return names
    .map(name => ({ name, distance: distanceOf(text, name) }))
    .filter(({ distance }) => distance <= text.length / 3)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, COUNT)
    .map(({ name }) => name)
}

function distanceOf(text: string, name: string): number {
  if (name.includes(text) || text.includes(name)) return 0
  return editDistance(text, name)
}

/** Letters to insert, remove or replace to get from one text to the other (Levenshtein). */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(replaced, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
    previous = row
  }
  return previous[b.length] ?? 0
}
