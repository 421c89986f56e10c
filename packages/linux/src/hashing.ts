// What a thread that only hashes loads, and nothing else.
export { createOpensslHashing } from './openssl.ts'
