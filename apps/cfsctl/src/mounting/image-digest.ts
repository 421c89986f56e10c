import { Digest } from '@composefs/fsverity'
import { measureVerity } from '@composefs/linux'
import { CliError } from '../errors/cli-error.ts'

/**
 * Checks that the kernel vouches for an open image by the digest `hex`, sha256 or sha512 by its length, and returns it.
 *
 * @throws CliError invalid-digest, verity-missing, verity-mismatch, in the words of mount.composefs of C
 */
export function assertDigest(image: number, hex: string): Digest {
  const wanted = Digest.fromHex(hex.toLowerCase())
  if (wanted === undefined) {
    throw new CliError('invalid-digest', `Invalid digest ${hex}: 64 or 128 hex digits`)
  }
  const measured = measureVerity(image, wanted.algorithm)
  switch (measured.state) {
    case 'disabled':
    case 'unsupported':
      throw new CliError('verity-missing', 'Image has no fs-verity')
    case 'enabled':
      if (new Digest(wanted.algorithm, measured.digest).equals(wanted)) return wanted
      break
    case 'other-algorithm':
      break
  }
  throw new CliError('verity-mismatch', 'Image has wrong fs-verity')
}
