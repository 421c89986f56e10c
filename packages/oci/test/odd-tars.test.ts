import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { describe, expect, test } from 'vitest'
import { isOciError, type OciErrorCode } from '../src/index.ts'
import { importLayer } from '../src/layer/import-layer.ts'
import { inChunks } from './chunks.ts'
import { listLayer, memoryRepository } from './memory-repository.ts'
import { sha256 } from './split-in-memory.ts'

interface OddTar {
  readonly file: string
  readonly sha256: string
  readonly want: string
  readonly cfsctl: {
    readonly import_layer: string
    readonly layer_dump_text: string | null
  }
}

const directory = join(vectorsDirectory, 'repo')
const { odd_tars: oddTars } = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8')) as {
  readonly odd_tars: Readonly<Record<string, OddTar>>
}

/** Those we refuse, with the code; cfsctl stores the ones marked so. */
const refused: Readonly<Record<string, OciErrorCode>> = {
  'bad-checksum': 'ERR_OCI_TAR_BAD_CHECKSUM',
  'empty-name': 'ERR_OCI_TAR_EMPTY_NAME',
  'gnu-L-duplicate': 'ERR_OCI_TAR_AMBIGUOUS_EXTENSION',
  'gzip-as-plain': 'ERR_OCI_TAR_TRUNCATED',
  'pax-bad-number': 'ERR_OCI_TAR_BAD_NUMBER',
  'pax-duplicate-x': 'ERR_OCI_TAR_AMBIGUOUS_EXTENSION',
  'sparse-gnu-S': 'ERR_OCI_TAR_SPARSE',
  'sparse-pax-1.0': 'ERR_OCI_TAR_SPARSE',
  'truncated-content': 'ERR_OCI_TAR_TRUNCATED',
  'truncated-header': 'ERR_OCI_TAR_TRUNCATED',
  // Stored by cfsctl.
  'dir-with-size': 'ERR_OCI_TAR_AMBIGUOUS_SIZE',
  'type-A-big': 'ERR_OCI_TAR_UNSUPPORTED_TYPE',
  'uid-over-32bit': 'ERR_OCI_TAR_NUMBER_OUT_OF_RANGE',
  'unknown-type-V': 'ERR_OCI_TAR_UNSUPPORTED_TYPE',
}

/** Every one of them begins with this entry. */
const USR = '/usr 0 40755 1 0 0 0 1700000000.0 - - -\n'
const OBJECT = '588a7ed3f5c166501e932b6195d438e07d6ce22ce66198bd10345556a715bfde'

/** Listings of those that cfsctl does not store, or cannot read back. */
const ours: Readonly<Record<string, string>> = {
  'no-end-blocks-empty-last': `${USR}/usr/f 0 100644 1 0 0 0 0.0 - - -\n`,
  'one-end-block': `${USR}/usr/f 70 100644 1 0 0 0 0.0 ${OBJECT.slice(0, 2)}/${OBJECT.slice(2)} - ${OBJECT}\n`,
  'pax-empty-path': `${USR}/usr/f 1 100644 1 0 0 0 0.0 - x -\n`,
  'pax-negative-mtime': `${USR}/usr/f 1 100644 1 0 0 0 -2.500000000 - x -\n`,
  'pax-nonutf8-key': `${USR}/usr/f 1 100644 1 0 0 0 0.0 - x - user.\\xff=v\n`,
}

describe('an odd tar', () => {
  test.each(Object.entries(oddTars))('%s', async (id, { file, cfsctl, sha256: diffId }) => {
    const tar = readFileSync(join(directory, file))
    const repository = memoryRepository()
    const options = { repository, expected: { diffId }, compression: 'none' } as const
    const code = refused[id]
    if (code !== undefined) {
      const error: unknown = await importLayer(inChunks(tar), options).catch(caught => caught)
      expect(isOciError(error) ? error.code : error).toBe(code)
      return
    }
    const { stream } = await importLayer(inChunks(tar), options)
    expect(sha256(await repository.cat(stream))).toBe(diffId)
    const { lines, error } = await listLayer(await repository.openLayer(stream))
    expect(error).toBeUndefined()
    expect(lines.map(line => `${line}\n`).join('')).toBe(ours[id] ?? cfsctl.layer_dump_text)
  })

  test('of a compressed layer: the error names the compression', async () => {
    const { file, sha256: diffId } = oddTars['gzip-as-plain'] as OddTar
    const act = importLayer(inChunks(readFileSync(join(directory, file))), {
      repository: memoryRepository(),
      expected: { diffId },
      compression: 'none',
    })
    await expect(act).rejects.toThrow('this is gzip data')
  })
})
