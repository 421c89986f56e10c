const INDEX = 'application/vnd.oci.image.index.v1+json'
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'

/** What says nothing more than "JSON" or "bytes". */
const VAGUE = /^(?:application\/(?:json|octet-stream)|binary\/octet-stream|text\/.*)?$/

/**
 * The media type of a document: what the answer says, without parameters. Where that says nothing, as from plain file
 * servers, the document's own word counts, or what it holds.
 */
export function mediaTypeOf(
  contentType: string | undefined,
  bytes: Uint8Array | undefined,
): string {
  const [type = ''] = (contentType ?? '').split(';')
  const said = type.trim().toLowerCase()
  if (!VAGUE.test(said) || bytes === undefined) return said
  let document: unknown
  try {
    document = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return said
  }
  if (typeof document !== 'object' || document === null) return said
  const { mediaType, manifests, layers } = document as Readonly<Record<string, unknown>>
  if (typeof mediaType === 'string') return mediaType
  if (Array.isArray(manifests)) return INDEX
  return Array.isArray(layers) ? MANIFEST : said
}
