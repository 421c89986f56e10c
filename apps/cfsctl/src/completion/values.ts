import type { Environment } from '../arguments/parse.ts'
import type { Completer } from '../command.ts'
import type { Candidate, Candidates } from './candidates.ts'
import type { Cursor } from './cursor.ts'
import { mountOptionCandidates, mountpointCandidates } from './mount-values.ts'
import { pageCandidates } from './page-values.ts'
import { chosenRepository } from './repository-choice.ts'
import { RepositoryNames } from './repository-names.ts'
import {
  containerImages,
  images,
  layers,
  objects,
  roots,
  streamNames,
  streams,
  tags,
} from './repository-values.ts'
import { exportTargets, pushTargets, sources } from './source-values.ts'

/** Where values are looked for. */
export interface ValueRequest {
  readonly cursor: Cursor
  readonly env: Environment
  /** The beginning of the word that is no part of the value: `--repo=`. */
  readonly prefix: string
}

/** The values that a completer knows. */
export function valuesOf(completer: Completer, request: ValueRequest): Candidates {
  const { prefix } = request
  switch (completer) {
    case 'nothing':
      return { values: [] }
    case 'file':
      return { values: [], files: { kind: 'files', prefix } }
    case 'directory':
      return { values: [], files: { kind: 'directories', prefix } }
    case 'source-or-repository':
      return {
        values: behind(prefix, named(completer, request)),
        files: { kind: 'directories', prefix },
      }
    case 'image-or-path':
      return { values: behind(prefix, named(completer, request)), files: { kind: 'files', prefix } }
    case 'mountpoint': {
      const values = behind(prefix, mountpointCandidates())
      return values.length > 0 ? { values } : { values, files: { kind: 'directories', prefix } }
    }
    default:
      return { values: behind(prefix, named(completer, request)) }
  }
}

function named(completer: Completer, { cursor, env, prefix }: ValueRequest): readonly Candidate[] {
  if (typeof completer !== 'string') return completer.map(value => ({ value }))
  const text = cursor.text.slice(prefix.length)
  const repository = () => new RepositoryNames(chosenRepository(cursor.given, env))
  switch (completer) {
    case 'tag':
      return tags(repository())
    case 'container-image':
      return containerImages(repository(), text)
    case 'layer':
      return layers(repository(), text)
    case 'image':
      return images(repository(), text, { names: true, ids: true })
    case 'image-name':
      return images(repository(), text, { names: true, ids: false })
    case 'image-id':
      return images(repository(), text, { names: false, ids: true })
    case 'stream':
      return streams(repository())
    case 'stream-name':
      return streamNames(repository())
    case 'root':
      return roots(repository())
    case 'object':
      return objects(repository(), text)
    case 'image-or-path': {
      const names = repository()
      return [...containerImages(names, text), ...images(names, text, { names: true, ids: true })]
    }
    case 'source':
    case 'source-or-repository':
      return sources(text)
    case 'export-target':
      return exportTargets(text)
    case 'push-target':
      return pushTargets()
    case 'mount-options':
      return mountOptionCandidates(text, cursor.program.name === 'mount.composefs')
    case 'page':
      return pageCandidates(cursor.program, cursor.positionals)
    default:
      return []
  }
}

function behind(prefix: string, candidates: readonly Candidate[]): readonly Candidate[] {
  if (prefix === '') return candidates
  return candidates.map(candidate => ({ ...candidate, value: prefix + candidate.value }))
}
