import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildTar, runReadmeExample } from '@composefs/test-fixtures'
import { expect, test } from 'vitest'
import { hostPlatform } from '../src/document/platform.ts'
import { LayoutBuilder, temporaryDirectory } from './layout-builder.ts'

const directory = fileURLToPath(new URL('..', import.meta.url))

test('the example of the README runs', async () => {
  const tar = await buildTar([
    { name: 'usr', type: 'directory' },
    { name: 'usr/hello', content: 'hello\n' },
  ])
  const cwd = temporaryDirectory()
  const layout = new LayoutBuilder(join(cwd, 'layout'))
  const image = layout.image([tar], { ...hostPlatform() })
  layout.finish({ latest: image })
  const [ids, ...lines] = runReadmeExample(directory, { cwd }).split('\n')
  expect(ids).toMatch(new RegExp(`^${image.digest} [0-9a-f]{64}$`))
  expect(lines).toEqual([
    '/ 0 40755 3 0 0 0 1700000000.0 - - -',
    '/usr 0 40755 2 0 0 0 1700000000.0 - - -',
    '/usr/hello 6 100644 1 0 0 0 1700000000.0 - hello\\n -',
    '',
  ])
})
