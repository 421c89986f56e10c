import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vectorsDirectory } from '@composefs/test-fixtures'

const root = join(vectorsDirectory, 'repo')

/** What cfsctl does with a splitstream, and what we want. */
export interface SplitstreamVector {
  readonly file: string
  readonly cfsctl: {
    readonly cat: string
    readonly cat_bytes: number
    readonly cat_sha256: string | null
  }
  readonly want: string
}

/** A stream of a stored repository. */
export interface StreamFacts {
  readonly verity: string
  readonly content_type: string
  readonly header: 'new' | 'old'
  readonly file_size: number
  readonly stream_size: number
  readonly inline_bytes: number
  readonly chunks: number
  readonly inline_chunks: number
  readonly object_refs: readonly string[]
  readonly stream_refs: readonly string[]
  readonly named_refs: Readonly<Record<string, string>>
  readonly content_sha256: string
}

const index = JSON.parse(readFileSync(join(root, 'index.json'), 'utf8')) as {
  splitstreams: Record<string, SplitstreamVector>
  splitstream_objects: Record<string, string>
  repos: Record<string, { file: string; facts: string }>
}

export const splitstreamVectors: readonly (readonly [string, SplitstreamVector])[] = Object.entries(
  index.splitstreams,
)

export function readVector(file: string): Uint8Array {
  return new Uint8Array(readFileSync(join(root, file)))
}

/** The external objects of the splitstream vectors, by digest. */
export const vectorObjects: ReadonlyMap<string, Uint8Array> = new Map([
  ...Object.entries(index.splitstream_objects).map(
    ([hex, file]) => [hex, readVector(file)] as const,
  ),
  // The file in layers/tiny.tar.
  [
    '097e39836f303d0546bb49f570157f2c38ed302d174dfdfa1a45887bcd6ad4d6',
    new Uint8Array(65).fill(0x78),
  ] as const,
])

/** Every stream of every repository vector with the bytes of its splitstream and a reader of objects. */
export function repositoryStreams(): {
  repository: string
  id: string
  facts: StreamFacts
  bytes: Uint8Array
  readObject(hex: string): Uint8Array
}[] {
  const directory = mkdtempSync(join(tmpdir(), 'splitstream-'))
  try {
    return Object.entries(index.repos).flatMap(([repository, { file, facts }]) => {
      const json = JSON.parse(readFileSync(join(root, facts), 'utf8')) as {
        objects?: Record<string, number>
        streams?: Record<string, StreamFacts>
      }
      if (json.streams === undefined) return []
      execFileSync('tar', ['-xf', join(root, file), '-C', directory])
      const objects = new Map(
        Object.keys(json.objects ?? {}).map(hex => {
          const path = join(directory, repository, 'objects', hex.slice(0, 2), hex.slice(2))
          return [hex, new Uint8Array(readFileSync(path))]
        }),
      )
      const readObject = (hex: string): Uint8Array => {
        const bytes = objects.get(hex)
        if (bytes === undefined) throw new Error(`no object ${hex} in ${repository}`)
        return bytes
      }
      return Object.entries(json.streams).map(([id, stream]) => {
        return { repository, id, facts: stream, bytes: readObject(stream.verity), readObject }
      })
    })
  } finally {
    rmSync(directory, { recursive: true })
  }
}
