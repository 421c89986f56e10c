import { expect, test } from 'vitest'
import { readApi } from '../src/api-docs.ts'

test('everything exported has a docstring, and every link in one leads somewhere', async () => {
  const { project, findings } = await readApi()
  expect(findings).toEqual([])
  const modules = project?.children?.map(({ name }) => name)
  expect(modules).toEqual(expect.arrayContaining(['@composefs/erofs', '@composefs/oci/layer']))
}, 600_000)
