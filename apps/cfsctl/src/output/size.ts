const UNITS = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** `900 B`, `10.74 KiB`: bytes for people, in the form of cfsctl. */
export function formatSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  let value = bytes / 1024
  let unit = 0
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${value.toFixed(2)} ${UNITS[unit]}`
}
