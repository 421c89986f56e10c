import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildTar, type LayoutFacts, writeLayout } from '@composefs/test-fixtures'
import {
  registryUnavailable,
  runProgram,
  startRegistry,
  type TestRegistry,
} from '@composefs/test-fixtures/registry'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Outcome, runOurs, textOf } from './programs.ts'
import { registryEnvironment } from './registry-environment.ts'
import { temporaryDirectory } from './temporary.ts'

interface SentDocument {
  readonly manifest_digest: string
  readonly source_manifest_digest: string
  readonly changed: boolean
  readonly layers: readonly { readonly status: string; readonly digest: string }[]
  readonly bytes_uploaded: number
}

const documentOf = (outcome: Outcome) => JSON.parse(textOf(outcome)) as SentDocument
const withoutDigits = (text: string) => text.replaceAll(/[0-9a-f]{64}/g, 'HEX').split('\n')

describe('images that leave', () => {
  const work = temporaryDirectory()
  const repository = join(work, 'r')
  let environment: Readonly<Record<string, string>> = {}
  const run = (...args: string[]) =>
    runOurs(['--repo', repository, ...args], undefined, environment)
  let layout: LayoutFacts

  beforeAll(async () => {
    const tar = await buildTar([
      { name: 'usr/', type: 'directory' },
      { name: 'usr/large', content: 'x'.repeat(5000) },
    ])
    layout = writeLayout(join(work, 'layout'), {
      tag: 'app:1',
      layers: [{ tar, compression: 'gzip' }],
    })
    textOf(runOurs(['init', '--insecure', repository]))
    const reference = `oci:${layout.directory}:app:1`
    textOf(run('-q', 'oci', 'pull', reference, 'packed'))
    textOf(run('-q', 'oci', 'pull', '--keep-blobs', reference, 'kept'))
  })

  test('to a layout, with what was kept', () => {
    const target = join(work, 'kept')
    const outcome = run('oci', 'export', 'kept', `oci:${target}:app`)
    expect(withoutDigits(textOf(outcome))).toEqual(['manifest sha256:HEX', 'config   sha256:HEX'])
    expect(outcome.stderr).toMatch(/^export kept: 1 layer, /)
    expect(outcome.stderr).not.toMatch(/notice|warning/)
    const index = JSON.parse(readFileSync(join(target, 'index.json'), 'utf8'))
    expect(textOf(outcome)).toContain(index.manifests[0].digest)
    const again = run('oci', 'export', 'kept', `oci:${target}:app`)
    expect(again.stderr).toMatch(/layer [0-9a-f]{12}: already there/)
  })

  test('to an archive, in a document', () => {
    const target = `docker-archive:${work}/app.tar:app:1`
    const document = documentOf(run('--json', 'oci', 'export', 'packed', target))
    expect(Object.keys(document)).toEqual([
      'schema',
      'image_ref',
      'target',
      'manifest_digest',
      'source_manifest_digest',
      'config_digest',
      'changed',
      'layers',
      'bytes_uploaded',
      'is_artifact',
      'duration_ms',
    ])
    expect(document).toMatchObject({
      schema: 'cfsctl.oci-export/1',
      image_ref: 'packed',
      target,
      changed: true,
      layers: [{ status: 'recreated' }],
    })
  })

  test('and change where layers are packed anew', async () => {
    // Nothing but the contents is there.
    const other = join(work, 'other')
    textOf(runOurs(['init', '--insecure', other]))
    const reference = `oci:${layout.directory}:app:1`
    textOf(runOurs(['-q', '--repo', other, 'oci', 'pull', reference, 'app']))
    const target = `oci-archive:${work}/changed.tar:app`
    const outcome = runOurs([
      '--repo',
      other,
      'oci',
      'export',
      '--compression',
      'zstd',
      'app',
      target,
    ])
    expect(withoutDigits(textOf(outcome))).toEqual([
      'manifest sha256:HEX',
      'config   sha256:HEX',
      'source   sha256:HEX',
    ])
    expect(outcome.stderr).toMatch(/^notice: the manifest is another one now: .*1 layer is packed/m)
  })

  test('replace no archive unless they are forced to', () => {
    const path = join(work, 'mine.tar')
    writeFileSync(path, 'mine')
    const refused = run('oci', 'export', 'kept', `oci-archive:${path}`)
    expect(refused.status).toBe(1)
    expect(refused.stderr).toBe(`error: ${path} exists\nhint: --force replaces it\n`)
    expect(readFileSync(path, 'utf8')).toBe('mine')
    textOf(run('-q', 'oci', 'export', '--force', 'kept', `oci-archive:${path}`))
    expect(readFileSync(path, 'latin1').startsWith('oci-layout\0')).toBe(true)
    expect(readdirSync(work).filter(name => name.startsWith('.'))).toEqual([])
  })

  test.each([
    [['export', 'kept', 'docker://a.b/c'], 2, /^hint: cfsctl oci push kept docker:/m],
    [['push', 'kept', 'oci:x'], 2, /^hint: cfsctl oci export kept oci:x/m],
    [['push', 'kept', 'quay.io/a/b'], 2, /^hint: did you mean docker:\/\/quay.io\/a\/b\?/m],
    [['export', 'kept', 'dir:x'], 5, /^hint: .*skopeo copy oci:DIRECTORY:TAG dir:x/m],
    [['export', 'none', 'oci:x'], 3, /^error: .*none/m],
    [['export', '--compression', 'xz', 'kept', 'oci:x'], 2, /gzip/],
  ])('%j ends with %i', (args, status, message) => {
    const outcome = run('oci', ...args)
    expect(outcome.stderr).toMatch(message)
    expect(outcome.status).toBe(status)
    expect(existsSync('x')).toBe(false)
  })

  const unavailable = registryUnavailable()
  describe.skipIf(unavailable !== undefined)(
    `to a registry${unavailable === undefined ? '' : ` (${unavailable})`}`,
    () => {
      let registry: TestRegistry
      beforeAll(async () => {
        registry = await startRegistry()
        environment = registryEnvironment(work, [registry.host])
      })
      afterAll(async () => {
        environment = {}
        await registry?.stop()
      })

      test('once', () => {
        const target = `docker://${registry.host}/a/b:1`
        const first = documentOf(run('--json', 'oci', 'push', 'kept', target))
        expect(first).toMatchObject({ schema: 'cfsctl.oci-push/1', target, changed: false })
        expect(first.layers).toMatchObject([{ status: 'copied' }])
        expect(first.manifest_digest).toBe(first.source_manifest_digest)
        const second = documentOf(run('--json', 'oci', 'push', 'kept', target))
        expect(second).toMatchObject({ bytes_uploaded: 0, layers: [{ status: 'present' }] })
        expect(second.manifest_digest).toBe(first.manifest_digest)
        const pulled = textOf(run('-q', 'oci', 'pull', target, 'back'))
        expect(pulled).toContain(`manifest ${first.manifest_digest}`)
      })

      test('from another of its repositories', () => {
        const from = `docker://${registry.host}/a/b:1`
        textOf(run('-q', 'oci', 'pull', from))
        const to = `docker://${registry.host}/c/d:1`
        const document = documentOf(run('--json', 'oci', 'push', from, to))
        expect(document).toMatchObject({ bytes_uploaded: 0, layers: [{ status: 'mounted' }] })
      })

      test('not by a digest that is none', () => {
        const outcome = run('oci', 'push', 'kept', `docker://${registry.host}/a/b@sha256:0`)
        expect(outcome.status).toBe(2)
      })
    },
  )

  test('as a tar that tar lists', () => {
    const path = join(work, 'app.tar')
    const names = runProgram('tar', ['-tf', path]).trim().split('\n')
    expect(names.at(-1)).toBe('manifest.json')
  })
})
