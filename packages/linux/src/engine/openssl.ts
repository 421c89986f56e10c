import type { Native } from './native.ts'

/** The few public functions of OpenSSL that hashing takes, as the node executable exports them. */
export interface Openssl {
  /** A hash function by its name, 0 when there is none. Results are for ever. */
  fetch(name: string): number
  /** Hashes `length` bytes at `data` into `out`. */
  hash(digest: number, data: number, length: number, out: number): void
  /** A context in which a hash has begun; 0 when it cannot. */
  begin(digest: number): number
  update(context: number, data: number, length: number): void
  /** Writes the hash to `out`. The context is still to be freed. */
  finish(context: number, out: number): void
  free(context: number): void
}

/** @throws Error when a function is missing */
export function bindOpenssl(native: Native): Openssl {
  const fetch = native.bind<[number, string, number]>(
    'uintptr_t EVP_MD_fetch(uintptr_t library, str name, uintptr_t properties)',
  )
  // One call for a block: a context that is used again takes three, and saves less than they cost.
  const hash = native.bind<[number, number, number, number, number, number]>(
    'int EVP_Digest(uintptr_t data, size_t length, uintptr_t out, uintptr_t size, uintptr_t digest, uintptr_t engine)',
  )
  const create = native.bind<[]>('uintptr_t EVP_MD_CTX_new()')
  const begin = native.bind<[number, number, number]>(
    'int EVP_DigestInit_ex2(uintptr_t context, uintptr_t digest, uintptr_t parameters)',
  )
  const update = native.bind<[number, number, number]>(
    'int EVP_DigestUpdate(uintptr_t context, uintptr_t data, size_t length)',
  )
  const finish = native.bind<[number, number, number]>(
    'int EVP_DigestFinal_ex(uintptr_t context, uintptr_t out, uintptr_t size)',
  )
  const free = native.bind<[number], void>('void EVP_MD_CTX_free(uintptr_t context)')
  return {
    fetch: name => fetch(0, name, 0),
    hash(digest, data, length, out) {
      if (hash(data, length, out, 0, digest, 0) !== 1) throw failed('EVP_Digest')
    },
    begin(digest) {
      const context = create()
      if (context === 0 || begin(context, digest, 0) === 1) return context
      free(context)
      return 0
    },
    update(context, data, length) {
      if (update(context, data, length) !== 1) throw failed('EVP_DigestUpdate')
    },
    finish(context, out) {
      if (finish(context, out, 0) !== 1) throw failed('EVP_DigestFinal_ex')
    },
    free,
  }
}

function failed(call: string): Error {
  return new Error(`${call} of OpenSSL failed`)
}
