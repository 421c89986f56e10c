import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Findings } from '../fuzz/findings.ts'
import { attempt } from '../fuzz/outcome.ts'
import { SharedInput } from '../fuzz/shared-input.ts'

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'composefs-fuzz-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

test('an error of our own is an outcome, any other a finding', () => {
  const own = Object.assign(new Error('bad "x" at 12'), { name: 'TreeError', code: 'ERR_TREE_X' })
  const act = (error: Error) => () =>
    attempt(() => {
      throw error
    })
  expect(act(own)().outcome).toMatch(/^ERR_TREE_X bad/)
  for (const foreign of [new TypeError('x'), new RangeError('x'), new Error('x')]) {
    expect(act(foreign)).toThrow(foreign)
  }
})

test('outcomes do not depend on the data in a message', () => {
  const outcome = (data: string) =>
    attempt(() => {
      throw Object.assign(new Error(`key ${JSON.stringify(data)} at ${data.length}`), {
        name: 'OciError',
        code: 'ERR_OCI_X',
      })
    }).outcome
  expect(outcome('a')).toBe(outcome('quite another'))
})

test('the watcher sees the input that the worker is busy with', () => {
  const worker = new SharedInput()
  const watcher = new SharedInput(worker.memory)
  expect(watcher.current).toBeUndefined()
  worker.begin(7, Uint8Array.of(1, 2, 3))
  expect(watcher.current).toBe(7)
  expect(watcher.read()).toEqual(Uint8Array.of(1, 2, 3))
  worker.end()
  expect(watcher.current).toBeUndefined()
})

test('findings at one place are kept once', () => {
  const findings = new Findings(directory)
  const crash = { target: 'tar', kind: 'crash', seed: 1, number: 2 } as const
  const at = (line: number) => `TypeError: x\n    at f (/w/packages/tar/src/a.ts:${line}:1)`
  const path = findings.add({ ...crash, input: Uint8Array.of(1), detail: at(1) })
  expect(path).toBeDefined()
  expect(findings.add({ ...crash, input: Uint8Array.of(2), detail: at(1) })).toBeUndefined()
  expect(findings.add({ ...crash, input: Uint8Array.of(3), detail: at(2) })).toBeDefined()
  expect(findings.count).toBe(2)
  expect(readdirSync(directory)).toHaveLength(4)
})
