/**
 * A device number as the kernel encodes it for its 64-bit interfaces. Up to DEVICE_MAJOR_MAX and DEVICE_MINOR_MAX it is
 * the 32 bits that file systems have.
 */
export function encodeDevice(major: number, minor: number): bigint {
  const [high, low] = [BigInt(major), BigInt(minor)]
  return (
    (low & 0xffn) | ((high & 0xfffn) << 8n) | ((low & ~0xffn) << 12n) | ((high & ~0xfffn) << 32n)
  )
}

/** Largest device numbers that 32 bits hold. */
export const DEVICE_MAJOR_MAX = 4095
export const DEVICE_MINOR_MAX = 1048575
