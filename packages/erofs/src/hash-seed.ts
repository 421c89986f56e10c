let seed: number | undefined

/**
 * Start value of this process's hash tables. It is random, so that nobody can choose xattrs or digests that all fall
 * into one bucket. It has no influence on images. It is made when it is wanted first: Node takes milliseconds to load
 * what makes it.
 */
export function hashSeed(): number {
  seed ??= crypto.getRandomValues(new Uint32Array(1))[0] ?? 0
  return seed
}
