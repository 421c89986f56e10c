import { createReadStream, statSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { type ListenOptions, type LoopbackServer, listen } from './http-server.ts'

/** A manifest that is handed out as it is. */
export interface ServedManifest {
  readonly bytes: Uint8Array
  readonly mediaType: string
  /** What the server claims its digest to be. Undefined: it claims nothing. */
  readonly digest?: string | undefined
}

/** What a repository of a static registry has. Nothing in it needs to be true. */
export interface ServedRepository {
  /** By tag and by digest. */
  readonly manifests: ReadonlyMap<string, ServedManifest>
  /** Bytes or the path of a file by digest. */
  readonly blobs: ReadonlyMap<string, Uint8Array | string>
  /** Index documents by subject. Undefined: the server knows no referrers. */
  readonly referrers?: ReadonlyMap<string, Uint8Array>
}

export interface StaticRegistry extends LoopbackServer {
  /** `GET /v2/…` and the like, in the order in which they came. */
  readonly requests: readonly string[]
  /** Adds or replaces a repository. */
  serve(name: string, repository: ServedRepository): void
}

/**
 * Starts a server with the reading half of the distribution API that checks nothing of what it hands out: for content
 * that registries refuse to store.
 */
export async function startStaticRegistry(options: ListenOptions = {}): Promise<StaticRegistry> {
  const repositories = new Map<string, ServedRepository>()
  const requests: string[] = []
  const server = await listen(async (request, response) => {
    requests.push(`${request.method} ${request.url}`)
    await answer(repositories, request, response)
  }, options)
  return { ...server, requests, serve: (name, repository) => repositories.set(name, repository) }
}

const ROUTE = /^\/v2\/(.+)\/(manifests|blobs|referrers)\/([^/]+)$/

async function answer(
  repositories: ReadonlyMap<string, ServedRepository>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = decodeURIComponent(new URL(request.url ?? '', 'http://x').pathname)
  if (path === '/v2/' || path === '/v2') {
    response.writeHead(200, { 'docker-distribution-api-version': 'registry/2.0' }).end('{}')
    return
  }
  const [, name = '', kind, reference = ''] = ROUTE.exec(path) ?? []
  const repository = repositories.get(name)
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 'UNSUPPORTED')
  if (repository === undefined) return refuse(response, 'NAME_UNKNOWN')
  if (kind === 'manifests') {
    const manifest = repository.manifests.get(reference)
    if (manifest === undefined) return refuse(response, 'MANIFEST_UNKNOWN')
    const { bytes, mediaType, digest } = manifest
    return await send(request, response, {
      content: bytes,
      headers: {
        'content-type': mediaType,
        ...(digest === undefined ? {} : { 'docker-content-digest': digest }),
      },
    })
  }
  if (kind === 'referrers') {
    const content = repository.referrers?.get(reference)
    if (repository.referrers === undefined) return refuse(response, 'UNSUPPORTED')
    const headers = { 'content-type': 'application/vnd.oci.image.index.v1+json' }
    const none = Buffer.from(
      `{"schemaVersion":2,"mediaType":"${headers['content-type']}","manifests":[]}`,
    )
    return await send(request, response, { content: content ?? none, headers })
  }
  const content = repository.blobs.get(reference)
  if (content === undefined) return refuse(response, 'BLOB_UNKNOWN')
  await send(request, response, {
    content,
    headers: { 'content-type': 'application/octet-stream', 'docker-content-digest': reference },
  })
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  answered: {
    readonly content: Uint8Array | string
    readonly headers: Readonly<Record<string, string>>
  },
): Promise<void> {
  const { content, headers } = answered
  const size = typeof content === 'string' ? statSync(content).size : content.length
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
  const start = Number(range?.[1] ?? 0)
  const end = Math.min(Number(range?.[2] || size - 1), size - 1)
  if (range !== null && (start >= size || end < start)) {
    response.writeHead(416, { 'content-range': `bytes */${size}`, 'content-length': 0 }).end()
    return
  }
  response.writeHead(range === null ? 200 : 206, {
    ...headers,
    'accept-ranges': 'bytes',
    'content-length': end - start + 1,
    ...(range === null ? {} : { 'content-range': `bytes ${start}-${end}/${size}` }),
  })
  if (request.method === 'HEAD' || size === 0) response.end()
  else if (typeof content !== 'string') response.end(content.subarray(start, end + 1))
  else await pipeline(createReadStream(content, { start, end }), response)
}

function refuse(response: ServerResponse, code: string): void {
  const status = code === 'UNSUPPORTED' ? 405 : 404
  const body = JSON.stringify({ errors: [{ code, message: code.toLowerCase(), detail: null }] })
  response
    .writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    })
    .end(body)
}
