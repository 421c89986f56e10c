import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { vectorsDirectory } from '../../test-fixtures/src/index.ts'
import { type RawTarMember, rawTarMembers } from './mutate/raw-tar.ts'

/** Files of a folder of vectors that end in one of `endings` and are not larger than `maxSize`. */
export function vectorFiles(
  folder: string,
  options: { readonly endings: readonly string[]; readonly maxSize: number },
): Uint8Array[] {
  const directory = join(vectorsDirectory, folder)
  return readdirSync(directory)
    .filter(name => options.endings.some(ending => name.endsWith(ending)))
    .map(name => join(directory, name))
    .filter(path => statSync(path).size <= options.maxSize)
    .map(path => readFileSync(path))
}

/** What is in the archives of a folder of vectors: the files of layouts and of repositories. */
export function vectorMembers(folder: string): RawTarMember[] {
  return vectorFiles(folder, { endings: ['.tar'], maxSize: 1 << 20 }).flatMap(tar =>
    rawTarMembers(tar),
  )
}
