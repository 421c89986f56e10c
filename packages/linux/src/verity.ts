import { struct, u16, u32 } from '@composefs/bytes'
import type { Algorithm } from '@composefs/fsverity'
import {
  EBUSY,
  EEXIST,
  EINVAL,
  ENODATA,
  ENOPKG,
  ENOTTY,
  EOPNOTSUPP,
  EOVERFLOW,
  ETXTBSY,
  systemError,
} from './errno.ts'
import { attempt, call } from './libc.ts'
import { AT_EMPTY_PATH, terminated } from './path.ts'

const FS_IOC_ENABLE_VERITY = 0x40806685
const FS_IOC_MEASURE_VERITY = 0xc0046686

const BLOCK_SIZE = 4096

/** Head of struct fsverity_enable_arg; what follows (salt, signature, reserved) stays zero. */
const EnableHead = struct(12, {
  version: u32,
  /** Kernel number of the hash algorithm. */
  algorithm: u32,
  /** Bytes of a Merkle tree block. */
  blockSize: u32,
})
const ENABLE_SIZE = 128

/** struct fsverity_digest, followed by the digest. */
const MeasureHead = struct(4, {
  /** Kernel number of the hash algorithm, filled in by the kernel. */
  algorithm: u16,
  /** Room for the digest going in, its size coming out, in bytes. */
  size: u16,
})

/** What the kernel says of a file's fs-verity. */
export type VerityMeasurement =
  | { readonly state: 'enabled'; readonly digest: Uint8Array }
  | { readonly state: 'disabled' }
  /** The file system or the kernel has no fs-verity. */
  | { readonly state: 'unsupported' }
  | { readonly state: 'other-algorithm' }

/**
 * Enables fs-verity with 4096-byte blocks on a file that is open read-only here and open for writing nowhere (`busy`
 * if it is, and while another process enables it). Takes as long as reading and hashing the file.
 *
 * `unfit` means that there is fs-verity, but not of this kind: Linux before 6.3 knows only blocks as large as its
 * pages, some file systems only blocks as large as or smaller than their own, and a hash may be left out of the kernel.
 */
export function enableVerity(
  file: number,
  algorithm: Algorithm,
): 'enabled' | 'already' | 'busy' | 'unsupported' | 'unfit' {
  const argument = new Uint8Array(ENABLE_SIZE)
  EnableHead.write(new DataView(argument.buffer), 0, {
    version: 1,
    algorithm: algorithm.kernelId,
    blockSize: BLOCK_SIZE,
  })
  const result = attempt(c => c.ioctl(file, FS_IOC_ENABLE_VERITY, argument))
  switch (-result) {
    case 0:
      return 'enabled'
    case EEXIST:
      return 'already'
    case ETXTBSY:
    case EBUSY:
      return 'busy'
    case ENOTTY:
    case EOPNOTSUPP:
      return 'unsupported'
    case EINVAL:
    case ENOPKG:
      return 'unfit'
    default:
      throw systemError(-result, 'ioctl(FS_IOC_ENABLE_VERITY)')
  }
}

/**
 * True when the file system says that a file has fs-verity. A kernel that cannot check it says so, too: what is
 * `unsupported` to `measureVerity` may have been made by a kernel that could.
 */
export function isMarkedVerity(file: number): boolean {
  const out = new Uint8Array(STATX.size)
  const empty = terminated('')
  call('statx', {}, c => c.statx(file, empty, AT_EMPTY_PATH, 0, out))
  return (Number(STATX.attributes(out)) & STATX_ATTR_VERITY) !== 0
}

/** struct statx, as far as it is looked at. */
const STATX = {
  size: 256,
  attributes: (bytes: Uint8Array) => new DataView(bytes.buffer).getBigUint64(8, true),
} as const
const STATX_ATTR_VERITY = 0x0010_0000

/** Asks the kernel for the fs-verity digest of a file. */
export function measureVerity(file: number, algorithm: Algorithm): VerityMeasurement {
  const { kernelId, digestSize } = algorithm
  const argument = new Uint8Array(MeasureHead.size + digestSize)
  const view = new DataView(argument.buffer)
  MeasureHead.write(view, 0, { algorithm: 0, size: digestSize })
  const result = attempt(c => c.ioctl(file, FS_IOC_MEASURE_VERITY, argument))
  switch (-result) {
    case 0: {
      const found = MeasureHead.read(view, 0)
      if (found.algorithm !== kernelId || found.size !== digestSize) {
        return { state: 'other-algorithm' }
      }
      return { state: 'enabled', digest: argument.slice(MeasureHead.size) }
    }
    case ENODATA:
      return { state: 'disabled' }
    case EOVERFLOW:
      return { state: 'other-algorithm' }
    case ENOTTY:
    case EOPNOTSUPP:
      return { state: 'unsupported' }
    default:
      throw systemError(-result, 'ioctl(FS_IOC_MEASURE_VERITY)')
  }
}
