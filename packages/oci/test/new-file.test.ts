import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { NewFile } from '../src/index.ts'
import { temporaryDirectory } from './layout-builder.ts'

describe('a new file', () => {
  test('is there, with all that was written, when it is published', async () => {
    const directory = temporaryDirectory()
    const path = join(directory, 'page')
    const file = await NewFile.create(path, { force: false })
    await file.write('one, ')
    await file.write(Buffer.from('two'))
    expect(readdirSync(directory)).not.toContain('page')
    await file.publish()
    await file.close()
    expect(readdirSync(directory)).toEqual(['page'])
    expect(readFileSync(path, 'utf8')).toBe('one, two')
  })

  test('is called by its name when it cannot be written', async () => {
    const directory = temporaryDirectory()
    const path = join(directory, 'page')
    const file = await NewFile.create(path, { force: false })
    await file.file.close()
    await expect(file.write('lost')).rejects.toMatchObject({ code: 'EBADF', path })
    await file.close()
    expect(readdirSync(directory)).toEqual([])
  })
})
