import { closeSync, constants, openSync, readlinkSync } from 'node:fs'
import { byteField, struct, u32, u64 } from '@composefs/bytes'
import { EBUSY, EINVAL, systemError } from './errno.ts'
import { descriptorPath } from './files.ts'
import { attempt, call } from './libc.ts'

const LOOP_CONFIGURE = 0x4c0a
const LOOP_CTL_GET_FREE = 0x4c82

const LO_FLAGS_READ_ONLY = 1
/** The device goes when its last user does. */
const LO_FLAGS_AUTOCLEAR = 4
const LO_FLAGS_DIRECT_IO = 16

/** Free devices that others may snatch away before we give up. */
const TRIES_MAX = 16
/** Sectors of the device: the block size of EROFS. */
const BLOCK_SIZE = 4096
/** Longest file name the kernel shows for a device, in bytes. */
const FILE_NAME_MAX = 63

/** struct loop_config. */
const LoopConfig = struct(304, {
  file: u32,
  blockSize: u32,
  device: u64,

  inode: u64,
  rdevice: u64,

  offset: u64,
  sizeLimit: u64,

  number: u32,
  encryptType: u32,
  encryptKeySize: u32,
  flags: u32,

  fileName: byteField(64),

  encryption: byteField(112),

  reserved: byteField(64),
})

/** A loop device that is open. It lives until it is neither open nor mounted. */
export interface LoopDevice {
  readonly path: string
  readonly file: number
}

/**
 * Puts a read-only loop device over an open file. The caller closes it once it is mounted: the mount keeps it.
 *
 * @throws Node-shaped errors: EACCES without root, EBUSY when every free device was taken by others
 */
export function openLoopDevice(image: number): LoopDevice {
  const control = openSync('/dev/loop-control', constants.O_RDWR)
  try {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const number = call('ioctl(LOOP_CTL_GET_FREE)', {}, c =>
        c.ioctlNumber(control, LOOP_CTL_GET_FREE, 0),
      )
      const path = `/dev/loop${number}`
      const file = openSync(path, constants.O_RDWR)
      let result: number
      try {
        result = configure(file, image)
      } catch (error) {
        closeSync(file)
        throw error
      }
      if (result === 0) return { path, file }
      closeSync(file)
      // Between the question and the answer another process took it.
      if (result !== -EBUSY) {
        throw systemError(-result, 'ioctl(LOOP_CONFIGURE)', { path })
      }
    }
    throw systemError(EBUSY, 'ioctl(LOOP_CONFIGURE)', { path: '/dev/loop-control' })
  } finally {
    closeSync(control)
  }
}

/** 0, or the negative errno. */
function configure(device: number, image: number): number {
  const flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR
  const direct = tryConfigure(device, image, flags | LO_FLAGS_DIRECT_IO)
  // The file system of the image does no direct I/O.
  return direct === -EINVAL ? tryConfigure(device, image, flags) : direct
}

function tryConfigure(device: number, image: number, flags: number): number {
  const config = new Uint8Array(LoopConfig.size)
  const { offsets } = LoopConfig
  const view = new DataView(config.buffer)
  view.setUint32(offsets.file, image, true)
  view.setUint32(offsets.blockSize, BLOCK_SIZE, true)
  view.setUint32(offsets.flags, flags, true)
  const name = readlinkSync(descriptorPath(image), 'buffer')
  config.set(name.subarray(0, FILE_NAME_MAX), offsets.fileName)
  return attempt(c => c.ioctl(device, LOOP_CONFIGURE, config))
}
