import { isRegistryError } from '../errors.ts'
import { type HttpResponse, headerOf } from '../http/exchange.ts'
import { FailedTry } from '../http/failed-try.ts'
import { locationOf } from '../http/redirects.ts'
import { tooLarge } from '../http/response-body.ts'
import { assertDigest } from './digest.ts'
import { getManifest, MANIFEST_SIZE_MAX } from './manifests.ts'
import { mediaTypeOf } from './media-type.ts'
import { nextLink } from './next-link.ts'
import type { RegistrySession } from './session.ts'

/** An index of the manifests that refer to another one. */
export interface ReferrersIndex {
  readonly bytes: Uint8Array
  readonly mediaType: string
}

/** Which referrers. */
export interface ReferrersOptions {
  /** Those of this type alone. */
  readonly artifactType?: string | undefined
  readonly signal?: AbortSignal | undefined
}

export const REFERRERS_TYPE = 'application/vnd.oci.image.index.v1+json'

/** A registry that goes on for ever is stopped. */
const PAGES_MAX = 256

/** All pages together, in bytes. */
const REFERRERS_SIZE_MAX = 8 << 20

/** How registries say that they know no such thing as referrers. */
const UNKNOWN_STATUSES = [400, 404, 405, 406, 501]

type Entry = Readonly<Record<string, unknown>>

/**
 * Asks who refers to a manifest: the referrers API, page by page, else the tag that stands for it (distribution
 * specification, "Listing Referrers" and "Referrers Tag Schema").
 *
 * @returns an index; an empty one where nothing refers to it
 * @throws RegistryError, and the reason of the signal
 */
export async function getReferrers(
  session: RegistrySession,
  digest: string,
  options: ReferrersOptions,
): Promise<ReferrersIndex> {
  assertDigest(digest)
  const pages =
    (await readPages(session, digest, options)) ?? (await readTag(session, digest, options))
  const [only] = pages
  if (pages.length === 1 && only !== undefined && only.isFiltered) {
    return { bytes: only.bytes, mediaType: REFERRERS_TYPE }
  }
  const { artifactType } = options
  const manifests = pages
    .flatMap(page => page.manifests)
    .filter(entry => artifactType === undefined || entry.artifactType === artifactType)
  const index = { schemaVersion: 2, mediaType: REFERRERS_TYPE, manifests }
  return { bytes: new TextEncoder().encode(JSON.stringify(index)), mediaType: REFERRERS_TYPE }
}

interface Page {
  readonly bytes: Uint8Array
  readonly manifests: readonly Entry[]
  /** True where it holds nothing else than was asked for. */
  readonly isFiltered: boolean
  readonly next?: URL | undefined
}

/** Undefined where the registry has no such API. */
async function readPages(
  session: RegistrySession,
  digest: string,
  { artifactType, signal }: ReferrersOptions,
): Promise<readonly Page[] | undefined> {
  const query =
    artifactType === undefined ? '' : `?artifactType=${encodeURIComponent(artifactType)}`
  const pages: Page[] = []
  let size = 0
  for (let at: string | URL | undefined = `referrers/${digest}${query}`; at !== undefined; ) {
    const isFirst = pages.length === 0
    const page: Page | undefined = await session.request(
      {
        what: `referrers of ${digest}`,
        method: 'GET',
        path: at,
        headers: { accept: REFERRERS_TYPE },
        expected: isFirst ? [200, ...UNKNOWN_STATUSES] : [200],
        isDocument: true,
        signal,
      },
      response => readPage(response, artifactType),
    )
    if (page === undefined) {
      if (isFirst) return undefined
      return pages
    }
    pages.push(page)
    size += page.bytes.byteLength
    const failure = size > REFERRERS_SIZE_MAX ? tooLarge(REFERRERS_SIZE_MAX, size) : undefined
    const isEndless = pages.length === PAGES_MAX && page.next !== undefined
    if (failure !== undefined || isEndless) {
      throw (failure ?? tooManyPages()).toError(`${session.name}: referrers of ${digest}`, {
        registry: session.host,
        repository: session.repository,
        tries: 1,
      })
    }
    at = page.next
  }
  return pages
}

async function readPage(
  response: HttpResponse,
  artifactType: string | undefined,
): Promise<Page | undefined> {
  const isIndex =
    response.status === 200 &&
    mediaTypeOf(headerOf(response, 'content-type'), undefined) === REFERRERS_TYPE
  if (!isIndex) {
    // A page for people, say: it knows nothing of referrers.
    await response.body.drain()
    return undefined
  }
  const bytes = await response.body.bytes(MANIFEST_SIZE_MAX)
  const applied = headerOf(response, 'oci-filters-applied')?.split(',') ?? []
  return {
    bytes,
    manifests: parseIndex(bytes),
    isFiltered: artifactType === undefined || applied.some(name => name.trim() === 'artifactType'),
    next: nextPage(response),
  }
}

function nextPage(response: HttpResponse): URL | undefined {
  const target = nextLink(headerOf(response, 'link') ?? '')
  if (target === undefined) return undefined
  const url = locationOf({ ...response, headers: { location: target } })
  if (url?.host === response.url.host) return url
  throw new FailedTry('ERR_REGISTRY_PROTOCOL', 'the next page is at another registry', {
    isRetryable: false,
  })
}

async function readTag(
  session: RegistrySession,
  digest: string,
  { artifactType, signal }: ReferrersOptions,
): Promise<readonly Page[]> {
  const index = await readReferrersTag(session, digest, signal)
  return index === undefined ? [] : [{ ...index, isFiltered: artifactType === undefined }]
}

/**
 * The index that stands for the referrers of a manifest where there is no API for that; undefined where there is none.
 *
 * @throws RegistryError, and the reason of the signal
 */
export async function readReferrersTag(
  session: RegistrySession,
  digest: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly bytes: Uint8Array; readonly manifests: readonly Entry[] } | undefined> {
  try {
    const tag = referrersTag(digest)
    const { bytes } = await getManifest(session, tag, { accept: [REFERRERS_TYPE], signal })
    return { bytes, manifests: parseIndex(bytes) }
  } catch (error) {
    if (isRegistryError(error, 'ERR_REGISTRY_NOT_FOUND')) return undefined
    throw error instanceof FailedTry
      ? error.toError(`${session.name}: referrers of ${digest}`, {
          registry: session.host,
          repository: session.repository,
          tries: 1,
        })
      : error
  }
}

/** The tag that stands for the referrers of a manifest. */
export function referrersTag(digest: string): string {
  const [algorithm = '', encoded = ''] = digest.split(':')
  return `${algorithm.slice(0, 32)}-${encoded.slice(0, 64)}`
}

function parseIndex(bytes: Uint8Array): readonly Entry[] {
  let document: unknown
  try {
    document = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    throw notAnIndex()
  }
  const manifests = (document as { manifests?: unknown } | null)?.manifests
  if (!Array.isArray(manifests) || !manifests.every(isEntry)) throw notAnIndex()
  return manifests
}

/** Without a digest it stands for nothing, however many there are. */
function isEntry(value: unknown): value is Entry {
  return typeof (value as { digest?: unknown } | null)?.digest === 'string'
}

function tooManyPages(): FailedTry {
  return new FailedTry('ERR_REGISTRY_TOO_LARGE', `more than ${PAGES_MAX} pages`, {
    isRetryable: false,
    facts: { expected: PAGES_MAX },
  })
}

function notAnIndex(): FailedTry {
  return new FailedTry('ERR_REGISTRY_PROTOCOL', 'the answer is no index', {
    isRetryable: false,
  })
}
