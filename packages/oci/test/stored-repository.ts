import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { type Algorithm, Digest, SHA256, SHA512 } from '@composefs/fsverity'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { extract } from 'tar-stream'

interface RepositoryVector {
  readonly file: string
  readonly facts: string
}

interface LayerFacts {
  readonly json: unknown
  readonly dumpfile: string
}

interface RepositoryFacts {
  readonly algorithm?: string
  readonly streams?: Readonly<Record<string, { readonly header: string; readonly verity: string }>>
  readonly layers?: Readonly<Record<string, LayerFacts>>
}

const directory = join(vectorsDirectory, 'repo')
const index = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8')) as {
  readonly repos: Readonly<Record<string, RepositoryVector>>
  readonly layers: Readonly<Record<string, { readonly file: string; readonly diff_id: string }>>
}
const tars = new Map(Object.values(index.layers).map(({ diff_id, file }) => [diff_id, file]))

/** A layer in one of the repositories of the vectors. */
export interface StoredLayer extends LayerFacts {
  readonly repository: string
  readonly diffId: string
  readonly algorithm: Algorithm
  readonly verity: Digest
  readonly hasNewHeader: boolean
  /** The layer itself. */
  readTar(): Uint8Array
  /** Contents of the repository's objects by hex id. */
  readObjects(): Promise<ReadonlyMap<string, Uint8Array>>
}

/** Every layer in the repositories of the vectors of which cfsctl made a listing. */
export const storedLayers: readonly StoredLayer[] = Object.entries(index.repos).flatMap(
  ([repository, { file, facts }]) => {
    const {
      layers = {},
      streams = {},
      ...rest
    } = JSON.parse(readFileSync(join(directory, facts), 'utf8')) as RepositoryFacts
    const algorithm = rest.algorithm?.includes('512') ? SHA512 : SHA256
    return Object.entries(layers).map(([diffId, layer]) => {
      const stream = streams[`oci-layer-${diffId}`]
      const verity = Digest.fromHex(stream?.verity ?? '', algorithm)
      if (stream === undefined || verity === undefined) throw new Error(`no stream of ${diffId}`)
      return {
        ...layer,
        ...{ repository, diffId, algorithm, verity },
        hasNewHeader: stream.header === 'new',
        readTar: () => readFileSync(join(directory, tars.get(diffId) ?? '')),
        readObjects: () => readObjects(join(directory, file)),
      }
    })
  },
)

async function readObjects(file: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const objects = new Map<string, Uint8Array>()
  const archive = extract()
  Readable.from([readFileSync(file)]).pipe(archive)
  for await (const entry of archive) {
    const chunks: Uint8Array[] = []
    for await (const chunk of entry) chunks.push(chunk as Uint8Array)
    const match = /\/objects\/([0-9a-f]{2})\/([0-9a-f]+)$/.exec(entry.header.name)
    if (match !== null) objects.set(`${match[1]}${match[2]}`, Buffer.concat(chunks))
  }
  return objects
}
