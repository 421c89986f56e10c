import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

/** A blob to put in: bytes, or a file whose digest is known. */
export type PushedBlob =
  | Uint8Array
  | { readonly path: string; readonly digest: string; readonly size: number }

interface Answer {
  readonly status: number
  readonly location: string | undefined
  readonly text: string
}

/** Puts blobs and manifests into a registry by plain requests. What a registry refuses is an Error with its answer. */
export class Pusher {
  readonly #url: string
  readonly #tls: { ca?: string; cert?: string; key?: string }
  readonly #authorization: (repository: string) => string | undefined

  constructor(
    url: string,
    options: {
      readonly ca?: string | undefined
      /** Certificate of the pusher itself. */
      readonly client?: { readonly cert: string; readonly key: string } | undefined
      authorization?(repository: string): string | undefined
    } = {},
  ) {
    this.#url = url
    const { ca, client } = options
    this.#tls = {
      ...(ca === undefined ? {} : { ca }),
      ...(client === undefined ? {} : { cert: client.cert, key: client.key }),
    }
    this.#authorization = options.authorization ?? (() => undefined)
  }

  /** Stores a blob under its digest, which it gives. */
  async blob(repository: string, blob: PushedBlob): Promise<string> {
    const isFile = 'path' in blob
    const digest = isFile ? blob.digest : `sha256:${sha256(blob)}`
    const start = `${this.#url}/v2/${repository}/blobs/uploads/`
    const { location } = await this.#send(repository, { method: 'POST', url: start, expected: 202 })
    const url = new URL(location ?? '', start)
    url.searchParams.set('digest', digest)
    await this.#send(repository, {
      method: 'PUT',
      url: url.href,
      expected: 201,
      contentType: 'application/octet-stream',
      body: isFile ? blob : { bytes: blob },
    })
    return digest
  }

  /** Stores a manifest under a tag or its digest, and gives the digest. */
  async manifest(
    repository: string,
    reference: string,
    manifest: { readonly bytes: Uint8Array; readonly mediaType: string },
  ): Promise<string> {
    await this.#send(repository, {
      method: 'PUT',
      url: `${this.#url}/v2/${repository}/manifests/${reference}`,
      expected: 201,
      contentType: manifest.mediaType,
      body: { bytes: manifest.bytes },
    })
    return `sha256:${sha256(manifest.bytes)}`
  }

  /** Stores the image that an OCI layout has under `tag`, with all it refers to, under that tag or another. */
  async layout(repository: string, directory: string, tag: string, newTag = tag): Promise<string> {
    const index = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8')) as Document
    const entry = index.manifests?.find(
      ({ annotations }) => annotations?.['org.opencontainers.image.ref.name'] === tag,
    )
    if (entry === undefined) throw new Error(`${directory} has no ${tag}`)
    await this.#document(repository, directory, entry)
    const bytes = readFileSync(blobPath(directory, entry.digest))
    return await this.manifest(repository, newTag, { bytes, mediaType: entry.mediaType })
  }

  async #document(repository: string, directory: string, entry: Entry): Promise<void> {
    const bytes = readFileSync(blobPath(directory, entry.digest))
    const document = JSON.parse(bytes.toString()) as Document
    for (const child of document.manifests ?? []) await this.#document(repository, directory, child)
    const { config, layers = [] } = document
    for (const { digest } of config === undefined ? layers : [config, ...layers]) {
      const path = blobPath(directory, digest)
      if (existsSync(path)) {
        await this.blob(repository, { path, digest, size: statSync(path).size })
      }
    }
    await this.manifest(repository, entry.digest, { bytes, mediaType: entry.mediaType })
  }

  async #send(
    repository: string,
    options: {
      readonly method: string
      readonly url: string
      readonly expected: number
      readonly contentType?: string
      readonly body?: { bytes: Uint8Array } | { path: string; size: number }
    },
  ): Promise<Answer> {
    const { method, url, expected, contentType, body } = options
    const authorization = this.#authorization(repository)
    const length = body === undefined ? 0 : 'path' in body ? body.size : body.bytes.length
    const outgoing = (url.startsWith('https:') ? tlsRequest : request)(url, {
      method,
      agent: false,
      ...this.#tls,
      headers: {
        'content-length': length,
        ...(contentType === undefined ? {} : { 'content-type': contentType }),
        ...(authorization === undefined ? {} : { authorization }),
      },
    })
    const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>
    // A registry may answer before it has read all.
    if (body !== undefined && 'path' in body) {
      await Promise.race([pipeline(createReadStream(body.path), outgoing), answered])
    } else {
      outgoing.end(body?.bytes)
    }
    const [response] = await answered
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    const status = response.statusCode ?? 0
    if (status !== expected) throw new Error(`${method} ${url}: ${status} ${text}`)
    return { status, location: response.headers.location, text }
  }
}

interface Entry {
  readonly digest: string
  readonly mediaType: string
  readonly annotations?: Readonly<Record<string, string>>
}

interface Document {
  readonly manifests?: readonly Entry[]
  readonly config?: Entry
  readonly layers?: readonly Entry[]
}

function blobPath(directory: string, digest: string): string {
  return join(directory, 'blobs', digest.replace(':', '/'))
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
