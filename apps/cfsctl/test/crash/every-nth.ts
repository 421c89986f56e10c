/** Evenly spread ones of `all`, at most `count`. */
export function everyNth<T>(all: readonly T[], count: number): T[] {
  const step = Math.max(1, all.length / count)
  return Array.from(
    { length: Math.min(count, all.length) },
    (_, number) => all[Math.floor(number * step)] as T,
  )
}
