import { encodeUtf8 } from '@composefs/bytes'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ALGORITHMS,
  createFsverity,
  Digest,
  formatDigest,
  fsverityDigest,
  isObjectPath,
  nobleHashing,
  readObjectPath,
  SHA256,
  SHA512,
} from '../src/index.ts'
import { nodeHashing } from '../src/node.ts'

const HASHINGS = [
  ['noble', nobleHashing],
  ['node', nodeHashing],
] as const

/** Byte i is (i mod 4096)^2 mod 256. */
function pattern(length: number): Uint8Array {
  const data = new Uint8Array(length)
  for (let i = 0; i < length; i++) data[i] = (i % 4096) ** 2 % 256
  return data
}

// Append-only: these digests name objects in existing repositories.
const STABLE: [string, Uint8Array, string, string][] = [
  [
    'nothing',
    new Uint8Array(0),
    '3d248ca542a24fc62d1c43b916eae5016878e2533c88238480b26128a1f1af95',
    'ccf9e5aea1c2a64efa2f2354a6024b90dffde6bbc017825045dce374474e13d10adb9dadcc6ca8e17a3c075fbd31336e8f266ae6fa93a6c3bed66f9e784e5abf',
  ],
  [
    'hello world',
    new TextEncoder().encode('hello world'),
    '1e2eaa4202d750a41174ee454970b92c1bc2f925b1e35076d8c7d5f56362ba64',
    '18430270729d162d4e469daca123ae61893db4b0583d8f7081e3bf4f92b88ba514e7982f10733fb6aa895195c5ae8fd2eb2c47a8be05513ce5a0c51a6f570409',
  ],
  [
    '4095 zeros',
    new Uint8Array(4095),
    '5372beb83c78537c8970c8361e3254119fafdf1763854ecd57d3f0fe2da7c719',
    'e2397c3e051f7ab08e0133d71ef9e62cf1ce6dccefa097af3658b0ecbfe532f2f2968787d0d693ad96a1053610d7aac3b5743d13f323a69f85e804d5fca5dc27',
  ],
  [
    '4096 zeros',
    new Uint8Array(4096),
    'babc284ee4ffe7f449377fbf6692715b43aec7bc39c094a95878904d34bac97e',
    '928922686c4caf32175f5236a7f964e9925d10a74dc6d8344a8bd08b23c228ff5792573987d7895f628f39c4f4ebe39a7367d7aeb16aaa0cd324ac1d53664e61',
  ],
  [
    '4097 zeros',
    new Uint8Array(4097),
    '093756e4ea9683329106d4a16982682ed182c14bf076463a9e7f97305cbac743',
    '4339f5da3788e60fa6857bd7040fadccd6f125b2c2334777eb14ed55179ad887d9131e9ce78485afc23051392b71e015528abbb7be07ed7073c56480b15cedf1',
  ],
  [
    'a pattern one byte past a sha512 level',
    pattern(262145),
    '7f5397f6424b2538ada9c72bf3f420b72abf88699d4209ffdbe910beec16588c',
    '1c3e86e3c6b0942bacf0679e4e1f1edd73afd5a51df506538dfcf8bb15fdfb70db7a04a168abeb88050e018fe245c0c4bde94d56083a0e2b7368e97c0b487070',
  ],
  [
    'a pattern one byte past a sha256 level',
    pattern(524289),
    '20f2909b4ff6ee868a16f16a0bde11bcc4f26274864c4174b91072de582acfa1',
    'f5576b8dd0eebe74e8bb93b1ebc8446f899306267a7cfee46e6a89122b6e0f8c5ddfbe78233ddfa4a57c15bc617aed361d47eb2babe74d966bad2e826f9bdd06',
  ],
]

describe.each(HASHINGS)('fs-verity digest by %s', (_, hashing) => {
  test.each(STABLE)('of %s', (_, data, sha256, sha512) => {
    expect(fsverityDigest(data, { algorithm: SHA256, hashing }).hex).toBe(sha256)
    expect(fsverityDigest(data, { algorithm: SHA512, hashing }).hex).toBe(sha512)
  })
})

describe('block sizes', () => {
  // What `fsverity digest` of fsverity-utils 1.5 prints for 300001 bytes of the pattern.
  test.each([
    [
      1024,
      'c581659217d82585dd1bc5c8e889b1d57a496cda24ee12b1725f49f66767829e',
      '893afd4a9233d1a183aa13364f975567163b7e8cd89844ecdcf235a4a4fb3997d5a1982a2afb220f2320cd28234aee185414c8582cf3d342225e329093c69ee8',
    ],
    [
      2048,
      '0876eae3e11e5f604b236af3d20b332c4cc4f37416d196572e803cc520837fff',
      '806fc2b768c97dff9186a0f0e8d022f613b9d96dc083dcc3b4faab567cfa327edeb757e54cf9072d7191d4cb685fb56a464176ce79c14491abe549b44e9cac92',
    ],
    [
      8192,
      '48ebdd32d5b375299426a15f372876bb2370b00d0533a2570b5ae5fb1664506d',
      'db028c5dc0a09e79e81a7849075e3fa972d081da9bef7a239de490c21fcde85d30cd631f15c1569914208efa2c107f7704121fa2a31af28b633c9f4e63c670fd',
    ],
    [
      65536,
      '613864fded01faa87bb4db52ba084d3b3317f3107aece08da3a406b9a6be7ce3',
      '7c49dba45686bb7716022ab7757e2b19edfca70f84e715842217be7d59dc93bd8f20c4030680b7e5101782f9864c5c8d0136e5ecc47b17554eae704bef002040',
    ],
  ])('%i: as fsverity-utils, however the bytes are cut', (blockSize, sha256, sha512) => {
    const data = pattern(300_001)
    for (const [algorithm, hex] of [
      [SHA256, sha256],
      [SHA512, sha512],
    ] as const) {
      expect(fsverityDigest(data, { algorithm, blockSize, hashing: nodeHashing }).hex).toBe(hex)
      const pieces = createFsverity({ algorithm, blockSize })
      for (let at = 0; at < data.length; at += 7919) pieces.update(data.subarray(at, at + 7919))
      expect(pieces.digest().hex).toBe(hex)
    }
  })

  test.each([0, 512, 1000, 4097, 131072, 1.5])('%d is refused', blockSize => {
    expect(() => createFsverity({ algorithm: SHA256, blockSize })).toThrow(RangeError)
  })
})

test('however the bytes are cut, the digest is the same', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 40_000 }),
      fc.array(fc.integer({ min: 0, max: 9000 }), { maxLength: 12 }),
      fc.constantFrom(...ALGORITHMS),
      (length, cuts, algorithm) => {
        const data = pattern(length)
        const pieces = createFsverity({ algorithm, hashing: nodeHashing })
        let at = 0
        for (const cut of cuts) {
          pieces.update(data.subarray(at, at + cut))
          at = Math.min(at + cut, data.length)
        }
        pieces.update(data.subarray(at))
        expect(pieces.size).toBe(length)
        expect(pieces.digest().hex).toBe(
          fsverityDigest(data, { algorithm, hashing: nodeHashing }).hex,
        )
      },
    ),
  )
})

describe('Digest', () => {
  test('is its printed id in JSON', () => {
    const digest = new Digest(SHA256, new Uint8Array(32).fill(0x5a))
    const text = `sha256:${'5a'.repeat(32)}`
    expect(JSON.stringify({ digest })).toBe(`{"digest":"${text}"}`)
    expect(Digest.parse(JSON.parse(JSON.stringify(digest)))).toEqual(digest)
  })

  const hex = STABLE[0]?.[2] ?? ''
  test('prints as hex, object path and id', () => {
    const digest = Digest.fromHex(hex.toUpperCase())
    expect(digest?.hex).toBe(hex)
    expect(digest?.objectPath).toBe(`3d/${hex.slice(2)}`)
    expect(String(digest)).toBe(`sha256:${hex}`)
    expect(Digest.parse(`sha256:${hex}`)?.hex).toBe(hex)
    expect(Digest.fromObjectPath(`3d/${hex.slice(2)}`)?.hex).toBe(hex)
  })

  test.each([
    ['too short', 'ab'],
    ['not hex', `${hex.slice(1)}g`],
    ['odd', hex.slice(1)],
  ])('%s is no digest', (_, text) => {
    expect(Digest.fromHex(text)).toBeUndefined()
  })

  test('a name that does not fit the length is no digest', () => {
    expect(Digest.parse(`sha512:${hex}`)).toBeUndefined()
    expect(Digest.parse(hex)).toBeUndefined()
  })

  test('the formatted digest is magic, algorithm, size, digest', () => {
    const digest = fsverityDigest(new Uint8Array(0), { algorithm: SHA256 })
    const bytes = formatDigest(digest)
    expect(new TextDecoder().decode(bytes.subarray(0, 8))).toBe('FSVerity')
    expect([...bytes.subarray(8, 12)]).toEqual([1, 0, 32, 0])
    expect(bytes.subarray(12)).toEqual(digest.bytes)
  })
})

describe('the object path in bytes', () => {
  const digest = fsverityDigest(new Uint8Array(0), { algorithm: SHA256 })
  const path = digest.objectPath

  test.each([
    ['itself', path, 0, true, true],
    ['behind a slash', `/${path}`, 1, true, true],
    ['in capitals', path.toUpperCase(), 0, false, true],
    ['of another object', path.replace('3d/2', '3d/3'), 0, false, true],
    ['without its slash', path.replace('/', '0'), 0, false, false],
    ['cut short', path.slice(0, -1), 0, false, false],
    ['with more behind it', `${path}0`, 0, false, false],
    ['with a digit that is none', path.replace('3d', '3g'), 0, false, false],
  ])('%s', (_, text, start, isPath, isReadable) => {
    const bytes = encodeUtf8(text)
    const read = new Uint8Array(32)
    expect(isObjectPath(bytes, start, digest.bytes)).toBe(isPath)
    expect(readObjectPath(bytes, start, read)).toBe(isReadable)
    if (isPath) expect(read).toEqual(digest.bytes)
  })
})
