import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Candidate } from './candidates.ts'

/** An index that is larger is not read for its tags: completion has to be quick. */
const INDEX_SIZE_MAX = 1024 * 1024
const TAG_ANNOTATION = 'org.opencontainers.image.ref.name'

interface Transport extends Candidate {
  /** What is behind it: `layout` are directories of images with tags. */
  readonly kind: 'name' | 'file' | 'directory' | 'layout'
}

const DOCKER: Transport = {
  value: 'docker://',
  description: 'an image in a registry',
  kind: 'name',
}
const LAYOUT: Transport = { value: 'oci:', description: 'a directory of images', kind: 'layout' }
const ARCHIVES: readonly Transport[] = [
  { value: 'oci-archive:', description: 'a tar of such a directory', kind: 'file' },
  { value: 'docker-archive:', description: 'a file of docker save', kind: 'file' },
]
const SKOPEO: readonly Transport[] = [
  { value: 'docker-daemon:', description: 'an image of the Docker daemon', kind: 'name' },
  { value: 'dir:', description: 'a directory of skopeo', kind: 'directory' },
  { value: 'containers-storage:', description: 'an image of podman', kind: 'name' },
]

/** Where an image can come from. */
export function sources(text: string): readonly Candidate[] {
  return places([DOCKER, LAYOUT, ...ARCHIVES, ...SKOPEO], text)
}

/** Where an image can be written to. */
export function exportTargets(text: string): readonly Candidate[] {
  return places([LAYOUT, ...ARCHIVES], text)
}

/** Where an image can be sent to. */
export function pushTargets(): readonly Candidate[] {
  return [{ value: DOCKER.value, description: 'a registry' }]
}

function places(transports: readonly Transport[], text: string): readonly Candidate[] {
  const transport = transports.find(({ value }) => text.startsWith(value))
  if (transport === undefined) {
    return transports.map(({ value, description = '' }) => ({ value, description }))
  }
  const path = text.slice(transport.value.length)
  switch (transport.kind) {
    case 'name':
      return []
    case 'layout':
      return [...tagsInLayout(path), ...entries(path, 'directory')].map(({ value }) => ({
        value: transport.value + value,
      }))
    default:
      return entries(path, transport.kind).map(({ value }) => ({ value: transport.value + value }))
  }
}

/** Files and directories whose path begins with `text`. */
function entries(text: string, kind: 'file' | 'directory'): Candidate[] {
  const end = text.lastIndexOf('/') + 1
  const [directory, beginning] = [text.slice(0, end), text.slice(end)]
  return list(directory === '' ? '.' : directory)
    .filter(name => name.startsWith(beginning) && (beginning !== '' || !name.startsWith('.')))
    .flatMap(name => {
      const isDirectory = isDirectoryAt(join(directory, name))
      if (!isDirectory && kind === 'directory') return []
      return [{ value: `${directory}${name}${isDirectory ? '/' : ''}` }]
    })
}

/** `DIRECTORY:TAG` for the images of a layout, once its path is complete. */
function tagsInLayout(text: string): Candidate[] {
  // A colon may be part of the path: the first that has a layout before it ends it.
  for (let at = text.indexOf(':'); at >= 0; at = text.indexOf(':', at + 1)) {
    const tags = layoutTags(text.slice(0, at))
    if (tags.length > 0) return tags.map(tag => ({ value: `${text.slice(0, at)}:${tag}` }))
  }
  const directory = text.replace(/(?<=.)\/+$/, '')
  return directory === '' ? [] : layoutTags(directory).map(tag => ({ value: `${text}:${tag}` }))
}

function layoutTags(directory: string): string[] {
  const file = join(directory, 'index.json')
  try {
    const about = statSync(file)
    // To read a pipe is to wait, and a device has no end.
    if (!about.isFile() || about.size > INDEX_SIZE_MAX) return []
    const { manifests } = JSON.parse(readFileSync(file, 'utf8'))
    const tags = manifests.map((manifest: Record<string, Record<string, unknown>>) =>
      String(manifest.annotations?.[TAG_ANNOTATION] ?? ''),
    )
    return tags.filter((tag: string) => tag !== '')
  } catch {
    return []
  }
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory).sort()
  } catch {
    return []
  }
}

function isDirectoryAt(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    // Links may lead in circles, or to where nobody may look.
    return false
  }
}
