import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

const module = JSON.stringify(new URL('../src/repository/young-generation.ts', import.meta.url))

/** Bytes of the room for short-lived objects after many of them, some of which live a little, and what V8 said. */
function roomAfterWork(prepare: string): { readonly bytes: number; readonly stderr: string } {
  const program = `
    import { getHeapSpaceStatistics } from 'node:v8'
    import { keepYoungGenerationSmall } from ${module}
    ${prepare}
    const some = []
    for (let i = 0; i < 3e6; i++) some[i % 1000] = { i }
    const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')
    console.log(space.space_size)`
  const flags = ['--conditions=composefs-source', '--no-warnings', '--input-type=module']
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, '-e', program], {
    encoding: 'utf8',
  })
  return { bytes: Number(stdout), stderr }
}

test('the room for short-lived objects stays as it is, and V8 is not asked for what it may not know', () => {
  const usual = roomAfterWork('')
  const kept = roomAfterWork('keepYoungGenerationSmall()')
  const unknown = roomAfterWork(
    `Object.defineProperty(process, 'versions', { value: { ...process.versions, v8: '99.1' } })
    keepYoungGenerationSmall()`,
  )
  expect([usual, kept, unknown].map(({ stderr }) => stderr)).toEqual(['', '', ''])
  expect(kept.bytes).toBeGreaterThan(0)
  expect(usual.bytes).toBeGreaterThan(kept.bytes)
  expect(unknown.bytes).toBeGreaterThan(kept.bytes)
})
