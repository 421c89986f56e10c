import { spawnSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { linuxSocketPairs } from '@composefs/linux'
import { describe, expect, test, vi } from 'vitest'
import { openSkopeo, probeSkopeo } from '../src/index.ts'
import { skopeoCommand } from '../src/source/skopeo/skopeo-command.ts'
import { sha256 } from './docker-archive-builder.ts'
import { fakeSkopeo } from './fake-skopeo/start.ts'
import { collect, temporaryDirectory } from './layout-builder.ts'
import { withoutLeaks } from './leaks.ts'
import {
  CONFIG_TEXT,
  codeOf,
  fakeWith,
  LARGE,
  LARGE_LAYER,
  MANIFEST_TEXT,
  open,
  PARSED,
  readImage,
  SMALL,
  using,
  WHOLE_IMAGE,
} from './skopeo-image.ts'

describe('the version of the protocol', () => {
  test.each([
    ['0.2.3', 'OpenImage', 'GetBlob'],
    ['0.2.4', 'OpenImageOptional', 'GetBlob'],
    ['0.2.7', 'OpenImageOptional', 'GetBlob'],
    ['0.2.8', 'OpenImageOptional', 'GetRawBlob'],
    ['0.2.12', 'OpenImageOptional', 'GetRawBlob'],
  ])('%s: an image is read', async (version, opening, reading) => {
    const fake = fakeWith([], { version })
    expect(await using(fake, {}, readImage)).toEqual(WHOLE_IMAGE)
    const methods = fake.methods()
    expect(methods.slice(0, 4)).toEqual(['Initialize', opening, 'GetManifest', 'FinishPipe'])
    expect(methods.slice(-2)).toEqual(['CloseImage', 'Shutdown'])
    expect(methods.filter(method => method === reading)).toHaveLength(3)
  })

  test.each(['0.2.2', '0.2.1', '0.1.9', '0.3.0', '1.0.0', '', 'v0.2.3', '0.2.3.4'])(
    '%s: it is refused',
    async version => {
      const opening = withoutLeaks(() => open(fakeWith([], { version })))
      await expect(opening).rejects.toMatchObject({
        code: 'ERR_OCI_SKOPEO_VERSION',
        facts: { expected: '^0.2.3', actual: version },
      })
    },
  )
})

describe('the version alone', () => {
  const probe = (fake: ReturnType<typeof fakeWith>) => {
    for (const [name, value] of Object.entries(fake.env)) vi.stubEnv(name, value)
    return withoutLeaks(() => probeSkopeo(fake.options)).finally(() => vi.unstubAllEnvs())
  }

  test('is asked for, and the program ended', async () => {
    const fake = fakeWith([], { version: '0.2.8' })
    expect(await probe(fake)).toMatchObject({ version: '0.2.8' })
    expect(fake.methods()).toEqual(['Initialize', 'Shutdown'])
  })

  test('of another protocol is refused, as is a program that ends or is not there', async () => {
    expect(await codeOf(probe(fakeWith([], { version: '0.3.0' })))).toBe('ERR_OCI_SKOPEO_VERSION')
    const dying = fakeWith([
      { on: 'Initialize', effect: { kind: 'exit', status: 1, message: 'no' } },
    ])
    expect(await codeOf(probe(dying))).toBe('ERR_OCI_SKOPEO_ENDED')
    const missing = probeSkopeo({ sockets: linuxSocketPairs, program: '/nowhere/skopeo' })
    expect(await codeOf(missing)).toBe('ERR_OCI_SKOPEO_MISSING')
  })
})

describe('the program', () => {
  const openBy = (program: string) => {
    const { options, env } = fakeWith()
    return withoutLeaks(() =>
      openSkopeo('dir:/image', { skopeo: { ...options, program }, registry: { env } }),
    )
  }

  test('is not there', async () => {
    await expect(openBy('/nowhere/skopeo')).rejects.toMatchObject({
      code: 'ERR_OCI_SKOPEO_MISSING',
      message: '/nowhere/skopeo cannot be started: there is no such program',
      facts: { program: '/nowhere/skopeo' },
    })
  })

  test('cannot be executed', async () => {
    const program = join(temporaryDirectory(), 'skopeo')
    writeFileSync(program, '')
    await expect(openBy(program)).rejects.toMatchObject({
      code: 'ERR_OCI_SKOPEO_MISSING',
      cause: { code: 'EACCES' },
    })
  })

  const writeProgram = (script: string) => {
    const program = join(temporaryDirectory(), 'skopeo')
    writeFileSync(program, `#!/bin/sh\n${script}\n`)
    chmodSync(program, 0o755)
    return program
  }

  test('is too old to know the proxy', async () => {
    const script = `echo 'FATA[0000] unknown command "experimental-image-proxy"' >&2; exit 1`
    await expect(openBy(writeProgram(script))).rejects.toMatchObject({
      code: 'ERR_OCI_SKOPEO_VERSION',
      message: expect.stringMatching(/no image proxy.*unknown command/),
    })
  })

  test('ends at once, and is not started again', async () => {
    const script = `echo 'time="1" level=fatal msg="no \\"policy\\" file"' >&2; exit 1`
    await expect(openBy(writeProgram(script))).rejects.toMatchObject({
      code: 'ERR_OCI_SKOPEO_ENDED',
      message: 'skopeo ended with status 1: no "policy" file',
    })
  })
})

describe('the command', () => {
  const command = (
    reference: string,
    more: Omit<Parameters<typeof skopeoCommand>[1], 'skopeo'> = {},
    userId = 0,
  ) => skopeoCommand(reference, { skopeo: { sockets: linuxSocketPairs }, ...more }, userId)

  test('hands over what skopeo has options for', () => {
    const { program, args } = command('docker://quay.io/a/b', {
      platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
      registry: { authFile: '/auth.json', tlsVerify: false, certDir: '/certs', env: {} },
    })
    expect([program, ...args]).toEqual([
      'skopeo',
      '--override-os=linux',
      '--override-arch=arm',
      '--override-variant=v7',
      'experimental-image-proxy',
      '--authfile=/auth.json',
      '--tls-verify=false',
      '--cert-dir=/certs',
    ])
  })

  test('says nothing that nobody has said', () => {
    expect(command('dir:/a').args).toEqual(['experimental-image-proxy'])
  })

  test('goes through podman for the layers of other users', () => {
    const ours = command('containers-storage:a', {}, 1000)
    expect([ours.program, ...ours.args]).toEqual([
      ...['podman', 'unshare', 'skopeo', 'experimental-image-proxy'],
    ])
    expect(command('containers-storage:a', {}, 0).program).toBe('skopeo')
    expect(command('dir:/a', {}, 1000).program).toBe('skopeo')
  })

  test.each([
    ['docker://quay.io/a/b:1', 'quay.io'],
    ['docker://127.0.0.1:5000/a', '127.0.0.1:5000'],
    ['docker://debian', 'docker.io'],
    ['docker://a/b', 'docker.io'],
  ])('%s: a password goes to %s alone', (reference, host) => {
    const credentials = { username: 'me', password: 'a:secret' }
    const { args, passwords } = command(reference, { registry: { credentials, env: {} } })
    expect(args.join(' ')).not.toMatch(/secret/)
    const auth = Buffer.from('me:a:secret').toString('base64')
    expect(JSON.parse(passwords ?? '')).toEqual({ auths: { [host]: { auth } } })
  })

  test('gives a password to nobody but registries', () => {
    const credentials = { username: 'me', password: 'secret' }
    expect(command('dir:/a', { registry: { credentials, env: {} } }).passwords).toBeUndefined()
  })
})

test('skopeo finds the passwords in a file without a name', async () => {
  const fake = fakeWith()
  await withoutLeaks(async () => {
    await using source = await openSkopeo('docker://quay.io/a/b', {
      skopeo: fake.options,
      registry: { env: fake.env, credentials: { username: 'me', password: 'secret' } },
    })
    await source.manifest()
  })
  const [start] = fake.log()
  const auth = Buffer.from('me:secret').toString('base64')
  expect(start?.args).toEqual(['experimental-image-proxy', '--authfile=/proc/self/fd/3'])
  expect(start?.passwords).toBe(JSON.stringify({ auths: { 'quay.io': { auth } } }))
})

test('a process that has closed its image ends', () => {
  const { options, env } = fakeWith()
  const script = `
    import { linuxSocketPairs } from '@composefs/linux'
    import { openSkopeo } from ${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)}
    const skopeo = { sockets: linuxSocketPairs, program: ${JSON.stringify(options.program)} }
    const image = await openSkopeo('dir:/image', { skopeo })
    const { bytes } = await image.manifest()
    const { layers } = JSON.parse(Buffer.from(bytes).toString())
    for (const layer of layers) {
      for await (const _ of image.blob({ urls: [], annotations: new Map(), ...layer }));
    }
    await image.close()
  `
  const words = ['--conditions=composefs-source', '--no-warnings', '--input-type=module']
  // Shorter than the idle time-out, for which a timer that is left would keep it.
  const { status, stderr } = spawnSync(process.execPath, [...words, '--eval', script], {
    cwd: import.meta.dirname,
    env,
    timeout: 50_000,
  })
  expect(stderr.toString()).toBe('')
  expect(status).toBe(0)
}, 60_000)

describe('an image that is not there', () => {
  test.each([
    ['0.2.3', 'ERR_OCI_SKOPEO_REFUSED'],
    ['0.2.4', 'ERR_OCI_SOURCE_NOT_FOUND'],
  ])('by version %s', async (version, code) => {
    expect(await codeOf(using(fakeWith([], { version, isMissing: true }), {}, readImage))).toBe(
      code,
    )
  })
})

describe('a manifest that skopeo has converted', () => {
  test('has the digest of what it is now, and the config that goes with it', async () => {
    const config = CONFIG_TEXT.replace('{}', '{"Env":[]}')
    const manifest = MANIFEST_TEXT.replace(
      `"digest":"${PARSED.config.digest}","size":${CONFIG_TEXT.length}`,
      `"digest":"sha256:${sha256(config)}","size":${config.length}`,
    )
    const original = `sha256:${sha256('the original')}`
    const behaviour = { version: '0.2.3', manifest, config, original }
    // The config is no blob: skopeo has just made it.
    const fake = fakeSkopeo(behaviour, [SMALL, LARGE])
    await using(fake, { reference: 'docker-daemon:a:1' }, async source => {
      expect((await source.manifest()).digest).toBe(`sha256:${sha256(manifest)}`)
      const digest = `sha256:${sha256(config)}`
      const blob = await collect(source.blob({ ...PARSED.config, digest, size: config.length }))
      expect(blob.toString()).toBe(config)
    })
    expect(fake.methods()).toContain('GetFullConfig')
  })
})

describe('a store that has layers unpacked only', () => {
  const manifest = MANIFEST_TEXT.replaceAll(
    LARGE_LAYER.digest,
    `sha256:${sha256('packed')}`,
  ).replace(`${LARGE.length}`, '6')
  const packed = { ...LARGE_LAYER, digest: `sha256:${sha256('packed')}`, size: 6 }
  const layerInfo = [SMALL, LARGE].map(tar => ({
    digest: `sha256:${sha256(tar)}`,
    size: tar.length,
  }))

  test.each([
    ['0.2.3', -1],
    ['0.2.6', -1],
    ['0.2.7', LARGE.length],
    ['0.2.8', -1],
  ])('%s: the layer is found by its diff id', async version => {
    const fake = fakeWith([], { version, manifest, layerInfo })
    await using(fake, { reference: 'containers-storage:a:1' }, async source => {
      expect(source.hasUnpackedLayers).toBe(true)
      expect(sha256(await collect(source.blob(packed)))).toBe(sha256(LARGE))
      expect((await collect(source.blob(PARSED.config))).toString()).toBe(CONFIG_TEXT)
    })
    const isOld = version < '0.2.7'
    expect(fake.methods().includes('GetLayerInfoPiped')).toBe(!isOld)
  })

  test('a layer of another image is not', async () => {
    const fake = fakeWith([], { manifest })
    const read = using(fake, { reference: 'containers-storage:a:1' }, source =>
      collect(source.blob(LARGE_LAYER)),
    )
    expect(await codeOf(read)).toBe('ERR_OCI_MISSING_BLOB')
  })
})
