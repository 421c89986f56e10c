import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { CommandError, runMeasured } from '../src/measure/run-measured.ts'

const directory = mkdtempSync(join(tmpdir(), 'composefs-bench-test-'))
afterAll(() => rmSync(directory, { recursive: true }))

describe('runMeasured', () => {
  test('tells the time, and the memory of the program alone', async () => {
    const sample = await runMeasured(['sleep', '0.05'], { directory })
    expect(sample.wall).toBeGreaterThanOrEqual(0.05)
    expect(sample.user + sample.system).toBeLessThan(sample.wall)
    // Less than any Node, this one included, has.
    expect(sample.peakKibibytes).toBeGreaterThan(0)
    expect(sample.peakKibibytes).toBeLessThan(20 << 10)
  })

  test('counts what a program takes', async () => {
    const script = 'Buffer.alloc(200 << 20, 1)'
    const sample = await runMeasured([process.execPath, '-e', script], { directory })
    expect(sample.peakKibibytes).toBeGreaterThan(200 << 10)
    expect(sample.user + sample.system).toBeGreaterThan(0)
  })

  test.each([
    ['an exit status', 'echo no such thing; exit 3', /exit status 3\nno such thing/],
    ['a signal', 'kill -9 $$', /signal 9/],
  ])('fails for %s', async (_, script, message) => {
    const running = runMeasured(['sh', '-c', script], { directory })
    await expect(running).rejects.toThrow(CommandError)
    await expect(running).rejects.toThrow(message)
  })

  test('hands on the environment', async () => {
    const command = ['sh', '-c', 'test "$GIVEN" = value']
    await runMeasured(command, { directory, env: { GIVEN: 'value' } })
  })
})
