import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createFaultySystem, FaultPlan, injectFileSystemFaults } from '../src/faults.ts'
import { linuxSystem } from '../src/index.ts'

function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'composefs-faults-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

const openFiles = () => readdirSync('/proc/self/fd').length

describe('a plan', () => {
  test('lets the n-th call fail, once or from then on', () => {
    const outcomes = (isLasting: boolean) => {
      const plan = new FaultPlan({ nth: 2, code: 'EDQUOT', isLasting })
      return [1, 2, 3].map(() => {
        try {
          plan.enter('write', undefined)
          return 'done'
        } catch (error) {
          return (error as NodeJS.ErrnoException).code
        }
      })
    }
    expect(outcomes(false)).toEqual(['done', 'EDQUOT', 'done'])
    expect(outcomes(true)).toEqual(['done', 'EDQUOT', 'EDQUOT'])
  })

  test('counts the calls it is about', () => {
    const plan = new FaultPlan({ code: 'EIO', calls: ['link', 'write'], within: '/a' })
    plan.enter('link', '/a/b')
    plan.enter('link', '/ab')
    plan.enter('unlink', '/a/b')
    plan.enter('write', undefined)
    expect([plan.seen, plan.failed]).toEqual([2, undefined])
  })

  test('knows the errors of Linux', () => {
    expect(() => new FaultPlan({ code: 'ENOTHING' })).toThrow(RangeError)
  })
})

test('a faulty system fails where the plan says, and is the system elsewhere', () => {
  const directory = temporaryDirectory()
  const plan = new FaultPlan({ nth: 2, code: 'EIO' })
  const system = createFaultySystem(linuxSystem, plan)
  expect(system.isReadOnly(directory)).toBe(false)
  expect(() => system.isReadOnly(directory)).toThrow(
    expect.objectContaining({ code: 'EIO', errno: -5, syscall: 'isReadOnly', path: directory }),
  )
  expect(system.isReadOnly(directory)).toBe(false)
  expect(plan.failed).toEqual({ name: 'isReadOnly', path: directory })
})

test('a faulty file system fails for those who imported it, until it is over', () => {
  const directory = temporaryDirectory()
  const path = join(directory, 'file')
  writeFileSync(path, 'x')
  const before = openFiles()
  {
    using _faults = injectFileSystemFaults(new FaultPlan({ nth: 1, code: 'EMFILE', within: path }))
    expect(() => openSync(path, 'r')).toThrow(
      expect.objectContaining({ code: 'EMFILE', syscall: 'openSync', path }),
    )
  }
  closeSync(openSync(path, 'r'))
  {
    const file = openSync(path, 'r')
    const plan = new FaultPlan({ nth: 1, code: 'EIO', calls: ['closeSync'] })
    using _faults = injectFileSystemFaults(plan)
    expect(() => closeSync(file)).toThrow(expect.objectContaining({ code: 'EIO' }))
  }
  expect(openFiles()).toBe(before)
})
