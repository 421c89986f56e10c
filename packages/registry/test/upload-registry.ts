import { createHash } from 'node:crypto'
import type { RegistryOptions, RemoteRepository, RetryEvent } from '../src/index.ts'
import {
  type Answer,
  type FakeServer,
  openFake,
  refuse,
  reply,
  type SeenRequest,
  startServer,
} from './fake-registry.ts'

/** What a test makes of a request: an answer in place of the right one, or nothing. */
export type Trouble = (request: SeenRequest, turn: number) => Answer | undefined

/** A registry that keeps what is uploaded in memory, and has its moments. */
export interface UploadRegistry extends FakeServer {
  readonly blobs: Map<string, string>
  readonly manifests: Map<string, string>
  /** Uploads that are open. */
  readonly uploads: Map<string, string>
  remote: RemoteRepository & { readonly events: RetryEvent[] }
  /** `METHOD path` of the requests, without the query, uploads by their number. */
  trace(): string[]
}

export function sha256(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}

/** Starts one, and opens its repository `a/b`. */
export async function startUploadRegistry(
  trouble: Trouble = () => undefined,
  options: RegistryOptions & { readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<UploadRegistry> {
  const { headers = {}, ...rest } = options
  const blobs = new Map<string, string>()
  const manifests = new Map<string, string>()
  const uploads = new Map<string, string>()
  const turns = new Map<string, number>()
  let opened = 0

  const answer: Answer = (request, response) => {
    if (request.path === '/v2/') return response.end()
    const turn = (turns.get(request.method) ?? 0) + 1
    turns.set(request.method, turn)
    const other = trouble(request, turn)
    return (other ?? right(request))(request, response)
  }

  function right({ method, path, body, headers: sent }: SeenRequest): Answer {
    const url = new URL(path, 'http://registry')
    const [, kind = '', name = ''] =
      /^\/v2\/a\/b\/(blobs\/uploads|blobs|manifests)\/(.*)$/.exec(url.pathname) ?? []
    if (kind === 'manifests') {
      if (method === 'PUT') {
        manifests.set(name, body)
        return reply(201, { 'docker-content-digest': sha256(body), ...headers })
      }
      const manifest = manifests.get(name)
      if (manifest === undefined) return refuse(404, 'MANIFEST_UNKNOWN')
      return reply(200, { 'content-type': mediaTypeOf(manifest) }, manifest)
    }
    if (kind === 'blobs') {
      const blob = blobs.get(name)
      return blob === undefined ? reply(404) : reply(200, { 'content-length': `${blob.length}` })
    }
    const place = (id: string) => `/v2/a/b/blobs/uploads/${id}?_state=a%2Bb%3D`
    if (method === 'POST') {
      const id = String(++opened)
      uploads.set(id, '')
      return reply(202, { location: place(id), ...headers })
    }
    const upload = uploads.get(name)
    if (upload === undefined) return refuse(404, 'BLOB_UPLOAD_UNKNOWN')
    const range = (text: string) => ({ range: `0-${Math.max(text.length - 1, 0)}` })
    if (method === 'GET') return reply(204, { location: place(name), ...range(upload) })
    if (method === 'DELETE') {
      uploads.delete(name)
      return reply(204)
    }
    if (method === 'PATCH') {
      const [, start] = /^(\d+)-/.exec(String(sent['content-range'])) ?? []
      if (Number(start) !== upload.length) return reply(416, range(upload))
      uploads.set(name, upload + body)
      return reply(202, { location: place(name), ...range(upload + body) })
    }
    const digest = url.searchParams.get('digest') ?? ''
    const content = upload + body
    if (sha256(content) !== digest) return refuse(400, 'DIGEST_INVALID')
    uploads.delete(name)
    blobs.set(digest, content)
    return reply(201, { 'docker-content-digest': digest })
  }

  const server = await startServer(answer)
  const remote = await openFake(server, rest)
  const trace = () =>
    server.seen
      .filter(({ path }) => path !== '/v2/')
      .map(({ method, path }) => `${method} ${path.replace(/\?.*/, '').slice('/v2/a/b/'.length)}`)
      .map(line => line.replace(/sha256:[0-9a-f]{64}/, 'DIGEST').replace('blobs/uploads/', ''))
  return { ...server, blobs, manifests, uploads, remote, trace }
}

function mediaTypeOf(manifest: string): string {
  return (JSON.parse(manifest) as { mediaType: string }).mediaType
}
