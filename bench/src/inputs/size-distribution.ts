/** A share of the files, and the size in bytes that it does not exceed. */
type Quantile = readonly [share: number, size: number]

/** Sizes of the files of a Debian root: median 2.3 KB, mean 24 KB, one in eighty above 256 KiB. */
const QUANTILES: readonly Quantile[] = [
  [0, 0],
  [0.05, 160],
  [0.25, 750],
  [0.5, 2_300],
  [0.75, 11_000],
  [0.9, 42_000],
  [0.95, 75_000],
  [0.98722, 262_144],
  [0.9965, 660_000],
  [1, 4_500_000],
]

/** The size at a share of 0 to 1 of all files, in order of size. Between two quantiles the logarithm is even. */
export function sizeAt(share: number): number {
  for (const [index, [upper, size]] of QUANTILES.entries()) {
    if (share > upper) continue
    const [lower, smaller] = QUANTILES[index - 1] ?? [upper, size]
    if (upper === lower) return size
    const within = (share - lower) / (upper - lower)
    return Math.round((smaller + 1) ** (1 - within) * (size + 1) ** within) - 1
  }
  throw new RangeError(`no share: ${share}`)
}
