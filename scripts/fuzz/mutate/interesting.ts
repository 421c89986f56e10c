/** Numbers at which parsers change their mind, as unsigned 64 bits. */
export const INTERESTING: readonly bigint[] = [
  ...[0n, 1n, 2n, 3n, 4n, 7n, 8n, 11n, 12n, 13n, 16n, 31n, 32n, 63n, 64n, 65n, 100n, 127n, 128n],
  ...[255n, 256n, 257n, 511n, 512n, 513n, 1000n, 1023n, 1024n, 1025n, 2047n, 2048n, 2049n],
  ...[4095n, 4096n, 4097n, 5000n, 5001n, 16384n, 32767n, 32768n, 65535n, 65536n, 65537n],
  ...[1n << 20n, 1n << 24n, 1n << 27n, 1n << 30n, (1n << 31n) - 1n, 1n << 31n, (1n << 32n) - 1n],
  ...[1n << 32n, (1n << 32n) + 1n, 1n << 43n, 1n << 48n, (1n << 53n) - 1n, 1n << 53n],
  ...[(1n << 53n) + 1n, (1n << 63n) - 1n, 1n << 63n, (1n << 63n) + 1n, (1n << 64n) - 4096n],
  ...[(1n << 64n) - 512n, (1n << 64n) - 2n, (1n << 64n) - 1n],
]
