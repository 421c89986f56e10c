import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { formatLayerEntry, isOciError } from '@composefs/oci'
import type { LayerStore, StoredLayer } from './layer-store.ts'

/**
 * The service:
 *
 *     PUT /layers/DIFF_ID         takes a layer: 201 for a new one, 422 for one that is not what it should be
 *     GET /layers/DIFF_ID         the tar, as it was
 *     GET /layers/DIFF_ID/files   a line for each entry
 *     GET /objects/PATH           one content by its digest: what never changes, and every cache may keep
 */
export function createLayerService(store: LayerStore): Server {
  return createServer((request, response) => {
    answer(store, request, response).catch((error: unknown) => {
      if (response.headersSent) return void response.destroy()
      const isRefused = isOciError(error)
      send(response, isRefused ? 422 : 500, isRefused ? `${error.code}: ${error.message}\n` : '')
    })
  })
}

async function answer(
  store: LayerStore,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = new URL(request.url ?? '/', 'http://service').pathname
  const [, kind, name = '', rest] = /^\/(layers|objects)\/([^/]+)(?:\/(.+))?$/.exec(path) ?? []
  if (kind === 'layers' && rest === undefined && request.method === 'PUT') {
    const isKnown = store.get(name) !== undefined
    const layer = await store.add(name, request)
    return send(response, isKnown ? 200 : 201, describe(layer))
  }
  if (request.method !== 'GET') return send(response, 405, '')
  if (kind === 'objects') return sendObject(store, response, `${name}/${rest}`)
  const layer = kind === 'layers' ? store.get(name) : undefined
  if (layer === undefined) return send(response, 404, '')
  if (rest === undefined) return await pipeline(store.tar(layer), response)
  if (rest === 'files') return await pipeline(fileLines(store, layer), response)
  send(response, 404, '')
}

function describe({ diffId, stream, size, newObjects }: StoredLayer): string {
  return `${JSON.stringify({ diffId, stream: stream.objectPath, size, newObjects })}\n`
}

async function* fileLines(store: LayerStore, layer: StoredLayer): AsyncGenerator<Uint8Array> {
  for await (const entry of store.entries(layer)) yield formatLayerEntry(entry)
}

function sendObject(store: LayerStore, response: ServerResponse, path: string): void {
  const content = store.objects.at(path)
  if (content === undefined) {
    send(response, 404, '')
    return
  }
  response.setHeader('cache-control', 'public, max-age=31536000, immutable')
  send(response, 200, content)
}

function send(response: ServerResponse, status: number, body: string | Uint8Array): void {
  response.statusCode = status
  response.end(body)
}
