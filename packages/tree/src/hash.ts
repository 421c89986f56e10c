let seed: number | undefined

/**
 * Start value of this process's hash tables. It is random, so that nobody can choose names that all fall into one
 * bucket. It is made when it is wanted first: Node takes milliseconds to load what makes it.
 */
export function hashSeed(): number {
  seed ??= crypto.getRandomValues(new Uint32Array(1))[0] ?? 0
  return seed
}

/** FNV-1a over `bytes[start, end)` from a seed, with a final mix so that the low bits depend on all others. */
export function hashBytes(seed: number, bytes: Uint8Array, start: number, end: number): number {
  let hash = seed
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193)
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x85ebca6b)
  return hash ^ (hash >>> 13)
}
