import { linuxSystem } from '@composefs/linux'
import { expect, test } from 'vitest'
import type { System } from '../src/index.ts'

test('the Linux implementation is a system', () => {
  // The compiler does the test: neither package imports the other.
  const system: System = linuxSystem
  expect(system.isReadOnly('/')).toBeTypeOf('boolean')
})
