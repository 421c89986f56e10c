import { describe, expect, test } from 'vitest'
import { FsContext } from '../src/fs-context.ts'
import { closeNative } from '../src/libc.ts'
import { whyNoMounts } from './ability.ts'

const why = whyNoMounts()

describe.skipIf(why !== undefined)(`a file system context${why ? ` (${why})` : ''}`, () => {
  test('makes a detached mount', () => {
    const context = FsContext.open('tmpfs')
    context.setString('size', '1M')
    context.create()
    closeNative(context.mount(0))
    context.close()
  })

  test('tells what the kernel said, once', () => {
    const context = FsContext.open('tmpfs')
    expect(() => context.setString('nonsense', '1')).toThrow(
      expect.objectContaining({
        code: 'EINVAL',
        syscall: 'fsconfig(tmpfs, nonsense)',
        kernelMessages: ["tmpfs: Unknown parameter 'nonsense'"],
      }),
    )
    expect(context.takeMessages()).toEqual([])
    context.close()
  })

  test('is not to be had for a file system that the kernel lacks', () => {
    expect(() => FsContext.open('nonsensefs')).toThrow(
      expect.objectContaining({ code: 'ENODEV', syscall: 'fsopen(nonsensefs)' }),
    )
  })
})
