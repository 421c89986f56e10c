/**
 * Start value of this process's hash tables. It is random, so that nobody can choose xattrs or digests that all fall
 * into one bucket. It has no influence on images.
 */
export const HASH_SEED: number = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0
