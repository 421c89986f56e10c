/** The words that `word` may have been meant to be: few edits away, or longer and beginning the same; best first. */
export function nearestWords(word: string, candidates: Iterable<string>): string[] {
  const limit = word.length <= 3 ? 1 : word.length <= 6 ? 2 : 3
  return [...candidates]
    .map(candidate => ({ candidate, distance: distanceTo(word, candidate, limit) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, 3)
    .map(({ candidate }) => candidate)
}

/** `did you mean 'a' or 'b'?`; nothing when nothing is near. */
export function suggestions(word: string, candidates: Iterable<string>): string[] {
  const near = nearestWords(word, candidates)
  return near.length === 0 ? [] : [`did you mean ${near.map(name => `'${name}'`).join(' or ')}?`]
}

function distanceTo(word: string, candidate: string, limit: number): number {
  if (word.length >= 3 && candidate.startsWith(word)) return 1
  // A longer difference is out of reach; this also bounds the work for long words.
  if (Math.abs(word.length - candidate.length) > limit) return Number.POSITIVE_INFINITY
  return editDistance(word, candidate)
}

/** Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1]
      let best = Math.min(
        at(previous, j) + 1,
        at(current, j - 1) + 1,
        at(previous, j - 1) + (isSame ? 0 : 1),
      )
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (isSwap) best = Math.min(best, at(before, j - 2) + 1)
      current.push(best)
    }
    before = previous
    previous = current
  }
  return at(previous, b.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY
}
