export {
  ALGORITHMS,
  type Algorithm,
  type AlgorithmName,
  algorithmByDigestSize,
  algorithmByKernelId,
  algorithmByName,
  formatAlgorithm,
  LOG_BLOCK_SIZE,
  parseAlgorithm,
  SHA256,
  SHA512,
} from './algorithm.ts'
export { Descriptor } from './descriptor.ts'
export { Digest } from './digest.ts'
export { DigestSet } from './digest-set.ts'
export { createDigester, type Digester } from './digester.ts'
export { formatDigest } from './formatted.ts'
export { createFsverity, type Fsverity, type FsverityOptions, fsverityDigest } from './fsverity.ts'
export type { BlockHasher, Hashing, StreamHash, StreamHashName } from './hashing.ts'
export { createFsverityOfLeaves, type FsverityOfLeaves, leafSizeOf } from './leaves.ts'
export { nobleHashing } from './noble.ts'
export { isObjectPath, objectPathSize, readObjectPath } from './object-path.ts'
