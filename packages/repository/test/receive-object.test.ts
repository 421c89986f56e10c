import { lstatSync, readdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Digest, SHA256 } from '@composefs/fsverity'
import { linuxSystem } from '@composefs/linux'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import {
  DataSharing,
  initRepository,
  openRepository,
  type ReceivedBy,
  type Repository,
  type System,
} from '../src/index.ts'
import { codeOf } from './code-of.ts'
import { temporaryDirectory } from './directories.ts'
import { mountBtrfs } from './file-system.ts'
import { SimulatedSystem } from './simulated-system.ts'

/** More than one piece of a read. */
const content = Buffer.from('all of it\n'.repeat(60_000))

async function newRepository(
  options: { readonly below?: string; readonly system?: System; readonly secure?: boolean } = {},
): Promise<Repository> {
  const { below = temporaryDirectory(), system = linuxSystem, secure = false } = options
  const path = join(below, `repository-${readdirSync(below).length}`)
  await initRepository(path, { system, algorithm: SHA256, insecure: !secure })
  const repository = await openRepository(path, { system })
  onTestFinished(() => repository.close())
  return repository
}

const objectFile = ({ path }: Repository, id: Digest) => join(path, 'objects', id.objectPath)

const objectFiles = ({ path }: Repository) =>
  readdirSync(join(path, 'objects'), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => entry.name)

interface Received {
  readonly how: ReceivedBy
  readonly bytes: Buffer
}

function receive(
  from: Repository,
  to: Repository,
  id: Digest,
  sharing = new DataSharing(),
): Received {
  using object = from.objects.openUnchecked(id)
  const pieces = to.objects.receive(id, object, sharing)
  const taken: Uint8Array[] = []
  for (;;) {
    const next = pieces.next()
    if (next.done) return { how: next.value, bytes: Buffer.concat(taken) }
    taken.push(next.value.slice())
  }
}

const secure = new SimulatedSystem({ verity: true })
const KINDS = [
  ['an insecure', 'an insecure', {}, {}],
  ['an insecure', 'a secure', {}, { secure: true, system: secure }],
  ['a secure', 'a secure', { secure: true, system: secure }, { secure: true, system: secure }],
  ['a secure', 'an insecure', { secure: true, system: secure }, {}],
] as const

describe.each(KINDS)('an object of %s repository for %s one', (_, __, fromOptions, toOptions) => {
  test.each([
    ['is shared or copied', false, ['reflinked', 'copied']],
    ['is shared or linked', true, ['reflinked', 'hardlinked']],
  ])('%s', async (___, mustShare, expected) => {
    const below = temporaryDirectory()
    const from = await newRepository({ below, ...fromOptions })
    const to = await newRepository({ below, ...toOptions })
    const { digest } = from.objects.put(content)
    const { how, bytes } = receive(from, to, digest, new DataSharing({ mustShare }))
    expect(expected).toContain(how)
    expect(bytes.equals(content)).toBe(true)
    expect(readFileSync(objectFile(to, digest)).equals(content)).toBe(true)
    expect(to.objects.read(digest).length).toBe(content.length)
    expect(to.hasUnsynced).toBe(true)
    const isSame = statSync(objectFile(to, digest)).ino === statSync(objectFile(from, digest)).ino
    expect(isSame).toBe(how === 'hardlinked')
    expect(objectFiles(to)).toHaveLength(1)
    expect(receive(from, to, digest).how).toBe('present')
  })
})

describe('an object that is there', () => {
  test('is left as it is, and the bytes come all the same', async () => {
    const [from, to] = [await newRepository(), await newRepository()]
    const { digest } = from.objects.put(content)
    to.objects.put(content)
    const { ino } = statSync(objectFile(to, digest))
    const { how, bytes } = receive(from, to, digest)
    expect(how).toBe('present')
    expect(bytes.equals(content)).toBe(true)
    expect(statSync(objectFile(to, digest)).ino).toBe(ino)
  })

  test('but cut short is replaced', async () => {
    const [from, to] = [await newRepository(), await newRepository()]
    const { digest } = from.objects.put(content)
    to.objects.put(content)
    unlinkSync(objectFile(to, digest))
    writeFileSync(objectFile(to, digest), content.subarray(0, 100))
    expect(receive(from, to, digest).how).not.toBe('present')
    expect(readFileSync(objectFile(to, digest)).equals(content)).toBe(true)
  })
})

describe('nothing is left', () => {
  const change = (repository: Repository, id: Digest) => {
    const file = objectFile(repository, id)
    unlinkSync(file)
    writeFileSync(file, Buffer.from(content).fill('x', 70_000, 70_001))
  }

  test.each([
    ['of what was changed', false, {}],
    ['of what was changed and would be linked', true, {}],
    ['of what was changed, for a secure repository', false, { secure: true, system: secure }],
  ])('%s', async (_, mustShare, options) => {
    const below = temporaryDirectory()
    const from = await newRepository({ below })
    const to = await newRepository({ below, ...options })
    const { digest } = from.objects.put(content)
    change(from, digest)
    const sharing = new DataSharing({ mustShare })
    expect(await codeOf(() => receive(from, to, digest, sharing))).toBe(
      'ERR_REPOSITORY_DIGEST_MISMATCH',
    )
    expect(objectFiles(to)).toEqual([])
  })

  test.each([false, true])('of a reading that was broken off (linked: %s)', async mustShare => {
    const below = temporaryDirectory()
    const [from, to] = [await newRepository({ below }), await newRepository({ below })]
    const { digest } = from.objects.put(content)
    using object = from.objects.openUnchecked(digest)
    for (const piece of to.objects.receive(digest, object, new DataSharing({ mustShare }))) {
      expect(piece.length).toBeGreaterThan(0)
      break
    }
    expect(objectFiles(to)).toEqual([])
  })

  test('of what cannot be linked', async () => {
    const [from, to] = [await newRepository(), await newRepository()]
    const { digest } = from.objects.put(content)
    using object = from.objects.openUnchecked(digest)
    // The name is another file's by now.
    unlinkSync(objectFile(from, digest))
    writeFileSync(objectFile(from, digest), content)
    const isClone = new DataSharing({ mustShare: true })
    const code = await codeOf(() => {
      for (const _ of to.objects.receive(digest, object, isClone));
    })
    if (isClone.canClone) expect(code).toBeUndefined()
    else {
      expect(code).toBe('ERR_REPOSITORY_OBJECT_NOT_FOUND')
      expect(objectFiles(to)).toEqual([])
    }
  })
})

const btrfs = mountBtrfs()
const why = 'reason' in btrfs ? `: ${btrfs.reason}` : ''

describe.skipIf('reason' in btrfs)(`a file system that shares blocks${why}`, () => {
  afterAll(() => {
    if (!('reason' in btrfs)) btrfs.unmount()
  })
  const below = () => ('reason' in btrfs ? '' : btrfs.path)

  test.each([false, true])('shares them (no copies: %s)', async mustShare => {
    const from = await newRepository({ below: below() })
    const to = await newRepository({ below: below() })
    const { digest } = from.objects.put(content)
    const sharing = new DataSharing({ mustShare })
    const { how, bytes } = receive(from, to, digest, sharing)
    expect(how).toBe('reflinked')
    expect(bytes.equals(content)).toBe(true)
    const [theirs, ours] = [lstatSync(objectFile(from, digest)), lstatSync(objectFile(to, digest))]
    expect(ours.ino).not.toBe(theirs.ino)
    expect(ours.mode).toBe(theirs.mode)
    expect(readFileSync(objectFile(to, digest)).equals(content)).toBe(true)
  })

  test('takes nothing that was changed', async () => {
    const from = await newRepository({ below: below() })
    const to = await newRepository({ below: below() })
    const { digest } = from.objects.put(content)
    writeFileSync(objectFile(from, digest), Buffer.from(content).reverse())
    expect(await codeOf(() => receive(from, to, digest))).toBe('ERR_REPOSITORY_DIGEST_MISMATCH')
    expect(objectFiles(to)).toEqual([])
  })

  test('and another one share none: copies, or an error', async () => {
    const from = await newRepository({ below: below() })
    const to = await newRepository()
    const { digest } = from.objects.put(content)
    expect(
      await codeOf(() => receive(from, to, digest, new DataSharing({ mustShare: true }))),
    ).toBe('ERR_REPOSITORY_CANNOT_SHARE')
    expect(objectFiles(to)).toEqual([])
    expect(receive(from, to, digest).how).toBe('copied')
  })
})
