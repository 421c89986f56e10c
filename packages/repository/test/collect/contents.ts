import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** The hex of all objects of a repository, sorted. */
export function objectsOf(path: string): string[] {
  return readdirSync(join(path, 'objects'))
    .filter(name => /^[0-9a-f]{2}$/.test(name))
    .flatMap(name => readdirSync(join(path, 'objects', name)).map(rest => name + rest))
    .sort()
}

/** The entries of `images/` and `streams/`, without refs, sorted. */
export function linksOf(path: string): string[] {
  return ['images', 'streams']
    .flatMap(directory => {
      const names = existsSync(join(path, directory)) ? readdirSync(join(path, directory)) : []
      return names.filter(name => name !== 'refs').map(name => `${directory}/${name}`)
    })
    .sort()
}
