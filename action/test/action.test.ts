import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vectorsDirectory, writeDemoLayout, writeLayout } from '@composefs/test-fixtures'
import {
  registryUnavailable,
  startRegistry,
  type TestRegistry,
} from '@composefs/test-fixtures/registry'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type BuiltAction, bundleAction } from '../build/bundle-action.ts'
import { actionDirectory, metadata, startJob } from './run-as-runner.ts'

// Each step is a process, on machines that have other things to do.
vi.setConfig({ testTimeout: 300_000 })

let directory: string
let bundle: BuiltAction

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'composefs-action-bundle-'))
  bundle = await bundleAction(join(directory, 'dist'))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** A job with the demo layout in its workspace, in the directory `build`. */
async function demoJob() {
  const job = startJob()
  await writeDemoLayout(join(job.workspace, 'build'))
  return job
}

const peer = process.env.CFSCTL_PEER
const whyNoPeer = peer === undefined ? ': CFSCTL_PEER is not set' : ''

/** The id as the peer computes it of an image that it pulls. */
function peerId(reference: string, algorithm: 'sha256' | 'sha512'): string {
  const repository = mkdtempSync(join(directory, 'peer-'))
  const run = (...args: string[]) =>
    execFileSync(peer ?? '', ['--repo', join(repository, 'repository'), ...args]).toString()
  run('init', '--insecure', '--algorithm', `fsverity-${algorithm}-12`)
  run('oci', 'pull', reference, 'image')
  return run('oci', 'compute-id', 'image').trim()
}

describe('the bundle', () => {
  test('is one file that needs nothing but Node', () => {
    expect(bundle.imports.filter(name => !name.startsWith('node:'))).toEqual([])
    expect(bundle.inputs.filter(path => /koffi|packages\/linux/.test(path))).toEqual([])
    expect(metadata.runs).toEqual({ using: 'node24', main: 'dist/index.js' })
  })

  test('comes with the licences of what is in it', () => {
    const licences = readFileSync(join(directory, 'dist/LICENSE-THIRD-PARTY'), 'utf8')
    for (const name of ['undici', '@noble/hashes', 'smol-toml']) {
      expect(licences).toMatch(new RegExp(`^${name} \\d`, 'm'))
    }
  })
})

test('README and action.yml name the same inputs, defaults and outputs', () => {
  const readme = readFileSync(join(actionDirectory, 'README.md'), 'utf8')
  const rows = [...readme.matchAll(/^\| `([a-z-]+)` \| (?:`([^`]*)`|([^|]*?)) \|/gm)]
  const inputs = Object.entries(metadata.inputs).map(([name, { default: value, required }]) => [
    name,
    required ? 'required' : (value ?? ''),
  ])
  const outputs = Object.keys(metadata.outputs).map(name => [name, undefined])
  const named = rows.map(([, name, code, text]) => [name, code ?? text])
  expect(named.slice(0, inputs.length)).toEqual(inputs)
  expect(named.slice(inputs.length).map(([name]) => name)).toEqual(outputs.map(([name]) => name))
})

describe('a layout', () => {
  test.skipIf(peer === undefined).each(['sha256', 'sha512'] as const)(
    `gets the %s id that the peer gives${whyNoPeer}`,
    async algorithm => {
      const job = await demoJob()
      const { status, outputs } = await job.step(bundle.file, {
        image: 'oci:build:demo',
        algorithm,
      })
      expect(status).toBe(0)
      expect(outputs['image-id']).toBe(peerId(`oci:${job.workspace}/build:demo`, algorithm))
      expect(outputs.algorithm).toBe(`fsverity-${algorithm}-12`)
    },
  )

  test('is sealed into another one, which has every output and a table', async () => {
    const job = await demoJob()
    const inputs = {
      image: 'oci:build:demo',
      'seal-to': 'oci:sealed:demo',
      platform: 'linux/amd64',
    }
    const first = await job.step(bundle.file, inputs)
    expect(first).toMatchObject({ status: 0 })
    expect(Object.keys(first.outputs).sort()).toEqual(Object.keys(metadata.outputs).sort())
    expect(first.outputs).toMatchObject({ platform: 'linux/amd64', 'sealed-changed': 'true' })
    for (const name of ['image-id', 'manifest-digest', 'config-digest', 'sealed-digest']) {
      expect(first.summary).toContain(`<code>${first.outputs[name]}</code>`)
    }
    const index = JSON.parse(readFileSync(join(job.workspace, 'sealed/index.json'), 'utf8'))
    expect(index.manifests[0].digest).toBe(first.outputs['sealed-digest'])

    const second = await job.step(bundle.file, {
      image: 'oci:sealed:demo',
      'seal-to': 'oci:again:demo',
      expected: first.outputs['image-id'] ?? '',
    })
    expect(second).toMatchObject({ status: 0 })
    expect(second.outputs).toMatchObject({
      'image-id': first.outputs['image-id'],
      'sealed-digest': first.outputs['sealed-digest'],
      'sealed-changed': 'false',
    })
    expect(second.summary).toContain('✅ this id')
  })

  test.skipIf(peer === undefined)(
    `keeps the id that the peer gives when it is sealed${whyNoPeer}`,
    async () => {
      const job = await demoJob()
      const step = await job.step(bundle.file, { image: 'oci:build:demo', 'seal-to': 'oci:s:demo' })
      expect(step).toMatchObject({ status: 0 })
      expect(peerId(`oci:${job.workspace}/s:demo`, 'sha512')).toBe(step.outputs['image-id'])
    },
  )

  test('with another id than expected fails the step, is told, and is not sealed', async () => {
    const job = await demoJob()
    const expected = 'a'.repeat(128)
    const { status, outputs, log, summary } = await job.step(bundle.file, {
      image: 'oci:build:demo',
      'seal-to': 'oci:sealed:demo',
      expected,
    })
    expect(status).toBe(1)
    const id = outputs['image-id'] ?? ''
    expect(log).toContain(`::error title=composefs::the image has the id ${id}, not ${expected}`)
    expect(summary).toContain(`<code>${expected}</code> ❌ another id`)
    expect(outputs['sealed-digest']).toBeUndefined()
    expect(() => readFileSync(join(job.workspace, 'sealed/index.json'))).toThrow('ENOENT')
  })
})

const vectors: readonly {
  id: string
  file: string
  ref: string | null
  verdict: string
  facts?: { image_ids?: Record<string, string> }
}[] = JSON.parse(readFileSync(join(vectorsDirectory, 'oci/index.json'), 'utf8')).cases

test.each(
  vectors.filter(({ verdict, facts }) => verdict === 'accept' && facts?.image_ids !== undefined),
)('the archive $id has the ids that the peer gave it', async ({ file, ref, facts }) => {
  const job = startJob()
  const image = `oci-archive:${join(vectorsDirectory, 'oci', file)}${ref === null ? '' : `:${ref}`}`
  for (const version of ['1', '2']) {
    const { outputs } = await job.step(bundle.file, {
      image,
      algorithm: 'sha256',
      'erofs-version': version,
      platform: 'linux/amd64',
    })
    expect(outputs['image-id']).toBe(facts?.image_ids?.[`sha256_v${version}`])
  }
})

describe('what cannot be done', () => {
  test.each([
    [
      'an image without transport',
      { image: 'debian:12' },
      'ERR_OCI_UNKNOWN_TRANSPORT',
      'docker://HOST/NAME',
    ],
    [
      'a tag that is not there',
      { image: 'oci:build:nope' },
      'ERR_OCI_TAG_NOT_FOUND',
      'the layout has the tags demo',
    ],
    [
      'no password',
      { image: 'oci:build:demo', username: 'ann' },
      undefined,
      'a secret that does not exist',
    ],
    ['another hash', { image: 'oci:build:demo', algorithm: 'md5' }, undefined, undefined],
    [
      'an id of the other hash',
      { image: 'oci:build:demo', expected: 'a'.repeat(64) },
      undefined,
      'set the input algorithm',
    ],
    ['a text with lines for an image', { image: 'oci:a\n::set-env name=A::b' }, 'ERR_', undefined],
  ])('%s', async (_, inputs, code, hint) => {
    const job = await demoJob()
    const { status, log, summary, outputs } = await job.step(bundle.file, inputs)
    expect(status).toBe(1)
    expect(outputs).toEqual({})
    const errors = log.filter(line => line.startsWith('::error title=composefs'))
    expect(errors).toHaveLength(1)
    if (code !== undefined) expect(errors[0]).toContain(code)
    if (hint !== undefined) expect(errors[0]).toContain(`%0Ahint: `)
    if (hint !== undefined) expect(errors[0]).toContain(hint)
    expect(summary).toContain('❌')
    // Nothing of the text is a command of its own, and nothing but annotations was said.
    expect(log.filter(line => /^::(?!error |add-mask::|group::|endgroup::)/.test(line))).toEqual([])
  })
})

describe('text from an image', () => {
  const evil = 'x\n::error::no\r\n::set-output name=image-id::no%0A`id`|<b>$1$\u202e\u001b[31m'

  test('is no command in the log, and shows in the summary as it is', async () => {
    const job = startJob()
    writeLayout(join(job.workspace, 'build'), { layers: [], tag: 'demo', variant: evil })
    for (const env of [{}, { GITHUB_OUTPUT: '' }]) {
      const { status, log, outputs, summary } = await job.step(
        bundle.file,
        { image: 'oci:build:demo' },
        env,
      )
      expect(status).toBe(0)
      expect(
        log.filter(line => /^::(?!add-mask::|group::|endgroup::|notice::)/.test(line)),
      ).toEqual([])
      expect(log.join('')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u)
      if (!('GITHUB_OUTPUT' in env)) expect(outputs.platform).toContain(`/${evil}`)
      expect(summary).toContain('&#60;b&#62;&#36;1&#36;&#92;u{202e}&#92;u{1b}&#91;31m</code>')
    }
  })

  test('that is long is cut, for the runner takes no summary of megabytes', async () => {
    const job = startJob()
    writeLayout(join(job.workspace, 'build'), { layers: [], tag: 'T'.repeat(2_000_000) })
    const { status, log, summary } = await job.step(bundle.file, { image: 'oci:build:nope' })
    expect(status).toBe(1)
    expect(summary).toContain('the layout has the tags TTT')
    expect(summary.length + log.join('').length).toBeLessThan(20_000)
    // Behind the group, which is folded.
    expect(log.at(-1)).toContain('ERR_OCI_TAG_NOT_FOUND')
    expect(log.at(-2)).toBe('::endgroup::')
  })
})

test.each(['se_cret<1>', 'two\nlin`es'])(
  'the password %j in the image is in no form anywhere',
  async password => {
    const { log, summary } = await startJob().step(bundle.file, {
      image: `docker://ann:${password}@localhost:1/a:b`,
      username: 'ann',
      password,
    })
    const said = log.filter(line => !line.startsWith('::add-mask::')).join('') + summary
    expect(said).toContain('***')
    expect(said).not.toMatch(/cret|lin.*es@/)
  },
)

const unavailable = registryUnavailable()
const whyNoRegistry = unavailable === undefined ? '' : `: ${unavailable}`

describe.skipIf(unavailable !== undefined)(`a registry with passwords${whyNoRegistry}`, () => {
  const password = 'se:cret%25'
  let registry: TestRegistry
  beforeAll(async () => {
    registry = await startRegistry({ htpasswd: { ann: password } })
    const layout = join(directory, 'pushed')
    await writeDemoLayout(layout)
    await registry.pusher.layout('team/app', layout, 'demo')
  })
  afterAll(() => registry?.stop())

  const image = () => `docker://${registry.host}/team/app:demo`
  const login = { username: 'ann', password, 'tls-verify': 'false', retries: '0' }

  test('gives the id of the layout, and takes the sealed image', async () => {
    const job = await demoJob()
    const local = await job.step(bundle.file, { image: 'oci:build:demo', 'seal-to': 'oci:s:demo' })
    const to = `docker://${registry.host}/team/sealed:demo`
    const step = await job.step(bundle.file, { ...login, image: image(), 'seal-to': to })
    expect(step.log.filter(line => line.startsWith('::error'))).toEqual([])
    expect(step).toMatchObject({ status: 0, outputs: local.outputs })
    // What was pushed is that image, and still has the id.
    const again = await job.step(bundle.file, {
      ...login,
      image: `${to.replace(':demo', '')}@${step.outputs['sealed-digest']}`,
      expected: step.outputs['image-id'] ?? '',
    })
    expect(again).toMatchObject({ status: 0 })
    expect(again.outputs['config-digest']).toBe(step.outputs['sealed-config-digest'])
  })

  test('has its password masked before anything else, and nowhere in the log', async () => {
    const { log } = await startJob().step(bundle.file, { ...login, image: image() })
    expect(log[0]).toBe(`::add-mask::${password.replaceAll('%', '%25')}`)
    expect(log[1]).toBe(`::add-mask::${Buffer.from(`ann:${password}`).toString('base64')}`)
    expect(log.slice(2).filter(line => line.includes('cret'))).toEqual([])
  })

  test('without a password is an error that says what to set', async () => {
    const { status, log, summary } = await startJob().step(bundle.file, {
      image: image(),
      'tls-verify': 'false',
    })
    expect(status).toBe(1)
    const [error = ''] = log.filter(line => line.startsWith('::error'))
    expect(error).toMatch(/^::error title=composefs%3A ERR_REGISTRY_UNAUTHORIZED::/)
    expect(error).toContain(
      `%0Ahint: set the inputs username and password, or log in to ${registry.host} in a step before`,
    )
    expect(summary).toContain('set the inputs username and password')
  })
})
