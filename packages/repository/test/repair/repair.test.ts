import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { type Digest, SHA256, SHA512 } from '@composefs/fsverity'
import { linuxSystem } from '@composefs/linux'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  checkRepository,
  collectGarbage,
  dropBrokenLinks,
  type InitOptions,
  initRepository,
  mendEntries,
  missingObjects,
  type OpenOptions,
  openRepository,
  putAside,
  type Repository,
  takeObjects,
} from '../../src/index.ts'
import { codeOf } from '../code-of.ts'
import { temporaryDirectory } from '../directories.ts'
import { SimulatedSystem } from '../simulated-system.ts'

async function newRepository(
  init: Partial<InitOptions> = {},
  open: Partial<OpenOptions> = {},
): Promise<Repository> {
  const path = join(temporaryDirectory(), 'repository')
  const { system = linuxSystem } = init
  await initRepository(path, { insecure: true, ...init, system })
  const repository = await openRepository(path, { lock: 'exclusive', ...open, system })
  onTestFinished(() => repository.close())
  return repository
}

const put = (repository: Repository, text: string): Digest =>
  repository.objects.put(Buffer.from(text)).digest

const mend = async (repository: Repository) =>
  await mendEntries(repository, (await checkRepository(repository)).findings)

const quarantine = (repository: Repository) =>
  readdirSync(join(repository.path, 'quarantine')).sort()

describe('putting aside', () => {
  test('keeps what is there: nothing is overwritten', async () => {
    const repository = await newRepository()
    const names: (string | undefined)[] = []
    for (const content of ['one', 'two', 'three']) {
      const id = put(repository, 'right')
      const path = repository.layout.object(id)
      writeFileSync(path, content)
      names.push(putAside(repository, `objects/${id.objectPath}`))
      expect(repository.objects.has(id)).toBe(false)
    }
    const contents = names.map(name => readFileSync(join(repository.path, name ?? ''), 'utf8'))
    expect(contents).toEqual(['one', 'two', 'three'])
    const { hex } = put(repository, 'right')
    expect(quarantine(repository)).toEqual([hex, `${hex}.1`, `${hex}.2`])
  })

  test('what is not there is nothing to do', async () => {
    const repository = await newRepository()
    expect(putAside(repository, `objects/00/${'0'.repeat(62)}`)).toBeUndefined()
    expect(existsSync(join(repository.path, 'quarantine'))).toBe(false)
  })

  test('is for who is alone', async () => {
    const repository = await newRepository({}, { lock: 'shared' })
    const id = put(repository, 'x')
    expect(() => putAside(repository, `objects/${id.objectPath}`)).toThrow(TypeError)
  })

  test('goes through no symlink', async () => {
    const repository = await newRepository()
    const elsewhere = temporaryDirectory()
    const id = put(repository, 'x')
    symlinkSync(elsewhere, join(repository.path, 'quarantine'))
    const move = () => putAside(repository, `objects/${id.objectPath}`)
    expect(await codeOf(move)).toBe('ERR_REPOSITORY_BAD_DIRECTORY')
    rmSync(join(repository.path, 'quarantine'))
    const directory = dirname(repository.layout.object(id))
    renameSync(directory, join(elsewhere, 'moved'))
    symlinkSync(join(elsewhere, 'moved'), directory)
    expect(await codeOf(move)).toBe('ERR_REPOSITORY_BAD_DIRECTORY')
    expect(readdirSync(join(elsewhere, 'moved'))).toHaveLength(1)
  })
})

describe('mending', () => {
  test('bad entries of every kind', async () => {
    const repository = await newRepository()
    const { layout, path } = repository
    const good = put(repository, 'good')
    const changed = put(repository, 'changed')
    writeFileSync(layout.object(changed), 'CHANGED')
    writeFileSync(join(dirname(layout.object(good)), 'zz'), 'a name that is no digest')
    mkdirSync(join(path, 'streams'))
    writeFileSync(join(path, 'streams', 'file'), 'no symlink')
    rmSync(join(path, 'objects', 'ff'), { recursive: true, force: true })
    symlinkSync('/etc', join(path, 'objects', 'ff'))
    const mended = await mend(repository)
    expect(mended.map(({ action }) => action)).toEqual(Array(4).fill('put-aside'))
    expect(quarantine(repository)).toEqual(
      [changed.hex, `objects-${good.hex.slice(0, 2)}-zz`, 'objects-ff', 'streams-file'].sort(),
    )
    expect(await checkRepository(repository)).toMatchObject({ ok: true })
    expect(repository.objects.has(good)).toBe(true)
  })

  test('what stands in the place of names stays, as garbage collection stops at it', async () => {
    for (const place of ['streams/refs', 'images/refs', 'streams/refs/oci', 'images/refs/a/b']) {
      const repository = await newRepository()
      const path = join(repository.path, place)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, 'no directory, and no symlink')
      put(repository, 'what a name kept')
      repository.sync()
      expect(await mend(repository)).toMatchObject([{ action: 'failed', path: place }])
      expect(await codeOf(() => collectGarbage(repository))).toBe('ERR_REPOSITORY_GC_REFUSED')
    }
  })

  test('a name that is no text is not taken for one that looks like it', async () => {
    const repository = await newRepository()
    mkdirSync(join(repository.path, 'streams'))
    const [good, bad] = ['a\ufffd', Buffer.from('a\xff', 'latin1')].map(name =>
      Buffer.concat([Buffer.from(`${repository.path}/streams/`), Buffer.from(name)]),
    ) as [Buffer, Buffer]
    symlinkSync(`../objects/${put(repository, 'x').objectPath}`, good)
    writeFileSync(bad, 'no symlink')
    expect(await mend(repository)).toMatchObject([{ action: 'failed' }])
    expect(lstatSync(good).isSymbolicLink()).toBe(true)
  })

  test('a directory of objects that is a symlink as a whole is left alone', async () => {
    const repository = await newRepository()
    const elsewhere = join(temporaryDirectory(), 'objects')
    put(repository, 'x')
    renameSync(join(repository.path, 'objects'), elsewhere)
    symlinkSync(elsewhere, join(repository.path, 'objects'))
    expect(await mend(repository)).toEqual([])
    expect(lstatSync(join(repository.path, 'objects')).isSymbolicLink()).toBe(true)
  })

  test('objects lose and get fs-verity', async () => {
    const system = new SimulatedSystem({ verity: true })
    const repository = await newRepository({ system, insecure: false })
    const { layout } = repository
    const [plain, bad] = ['plain', 'bad'].map(text => put(repository, text))
    if (plain === undefined || bad === undefined) throw new Error()
    system.loseVerity(layout.object(plain))
    system.loseVerity(layout.object(bad))
    writeFileSync(layout.object(bad), 'BAD')
    const mended = await mend(repository)
    expect(new Set(mended.map(({ action, path }) => `${action} ${path}`))).toEqual(
      new Set([
        `verity-enabled objects/${plain.objectPath}`,
        `put-aside objects/${bad.objectPath}`,
      ]),
    )
    expect(await checkRepository(repository)).toMatchObject({ ok: true, objectsChecked: 1 })
    expect(quarantine(repository)).toEqual([bad.hex])
  })

  test('a file that stays busy is copied', async () => {
    const system = new SimulatedSystem({ verity: true })
    const repository = await newRepository({ system, insecure: false })
    const id = put(repository, 'busy')
    const path = repository.layout.object(id)
    system.loseVerity(path)
    const before = lstatSync(path).ino
    const { enableVerity } = system
    let calls = 0
    system.enableVerity = (file, algorithm) =>
      calls++ === 0 ? 'busy' : enableVerity.call(system, file, algorithm)
    expect(await mend(repository)).toMatchObject([{ action: 'verity-enabled' }])
    expect(lstatSync(path).ino).not.toBe(before)
    expect(await checkRepository(repository)).toMatchObject({ ok: true })
  })

  test('fs-verity of another algorithm: a copy takes its place', async () => {
    const system = new SimulatedSystem({ verity: true })
    const repository = await newRepository({ system, insecure: false })
    const id = put(repository, 'content')
    const path = repository.layout.object(id)
    system.loseVerity(path)
    const other = repository.algorithm === SHA256 ? SHA512 : SHA256
    const file = openSync(path, 'r')
    system.enableVerity(file, other)
    closeSync(file)
    expect((await checkRepository(repository)).findings.map(({ kind }) => kind)).toEqual([
      'object-verity-failed',
    ])
    expect(await mend(repository)).toMatchObject([{ action: 'verity-enabled' }])
    expect(await checkRepository(repository)).toMatchObject({ ok: true })
  })
})

describe('taking objects over', () => {
  test('those that are missing here and good there', async () => {
    const [to, from] = [await newRepository(), await newRepository()]
    const ids = ['here', 'there', 'bad there', 'nowhere'].map(text => put(from, text))
    const [, there, bad, nowhere] = ids as [Digest, Digest, Digest, Digest]
    put(to, 'here')
    writeFileSync(from.layout.object(bad), 'BAD there')
    rmSync(from.layout.object(nowhere))
    const taken = await takeObjects(to, from, { ids })
    expect(taken).toEqual({ objects: 1, bytes: 5, bad: [bad] })
    expect(readFileSync(to.layout.object(there), 'utf8')).toBe('there')
    expect(to.objects.has(bad)).toBe(false)
  })

  test('not of another algorithm', async () => {
    const to = await newRepository({ algorithm: SHA256 })
    const from = await newRepository({ algorithm: SHA512 })
    await expect(takeObjects(to, from, { ids: [] })).rejects.toMatchObject({
      code: 'ERR_REPOSITORY_CANNOT_SHARE',
    })
  })
})

describe('links that lead nowhere', () => {
  async function streamOf(repository: Repository, references: Readonly<Record<string, Digest>>) {
    const writer = repository.streams.createWriter('ocilayer')
    for (const [name, digest] of Object.entries(references)) writer.addNamedReference(name, digest)
    return await repository.streams.store(writer)
  }

  async function repositoryWithLinks() {
    const repository = await newRepository()
    const { streams, layout } = repository
    const needed = await streamOf(repository, { own: put(repository, 'needed') })
    const lost = await streamOf(repository, { own: put(repository, 'lost') })
    streams.link('needed', needed)
    streams.link('lost', lost)
    streams.link('root', await streamOf(repository, { needed }))
    streams.setRef('app', 'root')
    rmSync(layout.object(needed))
    rmSync(layout.object(lost))
    return { repository, needed, lost }
  }

  test('are told as missing objects', async () => {
    const { repository, needed, lost } = await repositoryWithLinks()
    const { findings } = await checkRepository(repository)
    const missing = missingObjects(repository, findings).map(({ hex }) => hex)
    expect(new Set(missing)).toEqual(new Set([needed.hex, lost.hex]))
  })

  test('go, unless something that has a ref refers to them', async () => {
    const { repository } = await repositoryWithLinks()
    repository.streams.removeRef('app')
    const { findings } = await checkRepository(repository)
    expect((await dropBrokenLinks(repository, findings)).sort()).toEqual([
      'streams/lost',
      'streams/needed',
      'streams/root',
    ])
  })

  test('stay where a ref may need them', async () => {
    const { repository } = await repositoryWithLinks()
    const { findings } = await checkRepository(repository)
    // What else the unreadable stream needs, nobody knows.
    expect(await dropBrokenLinks(repository, findings)).toEqual([])
    expect([...repository.streams.ids()]).toEqual(['lost', 'needed', 'root'])
  })

  test('stay where names cannot be read', async () => {
    const { repository } = await repositoryWithLinks()
    const { findings } = await checkRepository(repository)
    rmSync(repository.layout.streamRefs, { recursive: true })
    writeFileSync(repository.layout.streamRefs, 'no directory')
    expect(await dropBrokenLinks(repository, findings)).toEqual([])
  })
})
