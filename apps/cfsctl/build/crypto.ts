import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/** In the place of the global of this name, with which Node loads WebCrypto: 5 ms for the seed of a table. */
export const crypto = {
  getRandomValues<Values extends Uint32Array<ArrayBuffer>>(values: Values): Values {
    return isFilledByKernel(values)
      ? values
      : process.getBuiltinModule('node:crypto').randomFillSync(values)
  },
}

/** False where there is no such device, as below a changed root. */
function isFilledByKernel(values: Uint32Array<ArrayBuffer>): boolean {
  try {
    const file = openSync('/dev/urandom', 'r')
    try {
      return fstatSync(file).isCharacterDevice() && readSync(file, values) === values.byteLength
    } finally {
      closeSync(file)
    }
  } catch {
    return false
  }
}
