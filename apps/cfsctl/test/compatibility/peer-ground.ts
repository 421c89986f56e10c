import { cpSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { runOurs, textOf } from '../programs.ts'
import type { SmallRepository } from '../small-repository.ts'

/** The places that a line names, for one of the two programs. */
export type Places = Readonly<Record<string, string>>

/** Copies of a repository with the same path for both programs but one directory. */
export function makePlaces(small: SmallRepository, side: string): Places {
  const directory = join(small.work, side)
  mkdirSync(directory, { recursive: true })
  const repo = join(directory, 'repo')
  if (!existsSync(repo)) cpSync(small.path, repo, { recursive: true, verbatimSymlinks: true })
  for (const name of ['mount', 'upper', 'workdir']) {
    mkdirSync(join(directory, name), { recursive: true })
  }
  return {
    directory,
    repo,
    new: join(directory, 'new'),
    mount: join(directory, 'mount'),
    upper: join(directory, 'upper'),
    workdir: join(directory, 'workdir'),
    ...sharedPlaces(small),
  }
}

/** The words of a line, with what its braces stand for. */
export function wordsOf(line: string, places: Places): string[] {
  return line.split(' ').map(word =>
    word.replace(/\{(\w+)\}/g, (_, name: string) => {
      const place = places[name]
      if (place === undefined) throw new Error(`there is no ${name}`)
      return place
    }),
  )
}

const known = new WeakMap<SmallRepository, Places>()

function sharedPlaces(small: SmallRepository): Places {
  const found = known.get(small) ?? facts(small)
  known.set(small, found)
  return found
}

function facts({ path, root, image, plainImage, layout, reference }: SmallRepository) {
  const inspect = (...words: string[]) =>
    JSON.parse(textOf(runOurs(['--repo', path, '--json', ...words]))) as Record<string, string>
  const document = inspect('oci', 'inspect', 'app:1')
  const pulled = inspect('oci', 'pull', '--no-tag', reference)
  return {
    root,
    image,
    plainImage,
    bootImage: document.composefs_boot_erofs ?? '',
    layer: layout.diffIds[0] ?? '',
    manifest: layout.manifestDigest,
    config: layout.configDigest,
    configVerity: pulled.config_verity ?? '',
    reference,
    other: path,
  }
}
