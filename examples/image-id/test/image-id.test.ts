import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeDemoLayout } from '@composefs/test-fixtures'
import { afterAll, beforeAll, expect, test } from 'vitest'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** As cfsctl 0.9.4 computes it of the demo image. */
const DEMO_ID =
  'fc79a4b138524c46930a27c8530adc9deecb6277ab45bf4f11fa5f2466174c4821a20d2e9349e67b2bd1359912207e64b4d380273e1df199e39f76aa139b02d9'

let directory: string
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'composefs-image-id-'))
  await writeDemoLayout(directory)
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=composefs-source', '--no-warnings', main, ...args],
    { encoding: 'utf8' },
  )
  return { status, stdout, stderr }
}

const image = () => `oci:${directory}:demo`

test('prints the id that the peer computes', () => {
  const { manifests } = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8'))
  expect(run(image())).toEqual({
    status: 0,
    stdout: `${DEMO_ID}\n`,
    stderr: `${image()}: manifest ${manifests[0].digest}\n`,
  })
})

test.each([
  ['the id', DEMO_ID, 0],
  ['another id', DEMO_ID.replace('fc79', 'fc78'), 1],
  ['no id', 'latest', 1],
])('compares with %s', (_, expected, status) => {
  expect(run(image(), expected)).toMatchObject({ status, stdout: `${DEMO_ID}\n` })
})

test.each([
  ['an image that is not there', () => ['oci:/nowhere:demo'], 1, /^ERR_OCI_[A-Z_]+: /],
  [
    'a tag that is not there',
    () => [image().replace('demo', 'other')],
    1,
    /^ERR_OCI_TAG_NOT_FOUND: /,
  ],
  ['a name without registry', () => ['docker://debian'], 1, /^ERR_REGISTRY_UNQUALIFIED: /],
  ['nothing', () => [], 2, /^usage: /],
])('of %s says so', (_, args, status, stderr) => {
  const result = run(...args())
  expect(result).toMatchObject({ status, stdout: '' })
  expect(result.stderr).toMatch(stderr)
})
