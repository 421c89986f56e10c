/** Ids of the streams of layers, configs, manifests and other blobs; what follows is a digest. */
const LAYER = 'oci-layer-'
const CONFIG = 'oci-config-'
const MANIFEST = 'oci-manifest-'
const BLOB = 'oci-blob-'

/** The id of a layer's stream. Layers of artifacts have the digest of their blob in place of a diff id. */
export function layerStreamId(diffId: string): string {
  return LAYER + diffId
}

export function configStreamId(digest: string): string {
  return CONFIG + digest
}

export function manifestStreamId(digest: string): string {
  return MANIFEST + digest
}

/** The id of the stream of a blob that is neither layer, config nor manifest. */
export function blobStreamId(digest: string): string {
  return BLOB + digest
}

/** The digest in the id of a manifest's stream; undefined for another stream. */
export function manifestDigestOfStream(id: string): string | undefined {
  return id.startsWith(MANIFEST) ? id.slice(MANIFEST.length) : undefined
}

/** The digest in the id of a config's stream; undefined for another stream. */
export function configDigestOfStream(id: string): string | undefined {
  return id.startsWith(CONFIG) ? id.slice(CONFIG.length) : undefined
}

/** The digest in the id of a layer's stream; undefined for another stream. */
export function layerDigestOfStream(id: string): string | undefined {
  return id.startsWith(LAYER) ? id.slice(LAYER.length) : undefined
}

/** The digest in the id of the stream of another blob; undefined for another stream. */
export function blobDigestOfStream(id: string): string | undefined {
  return id.startsWith(BLOB) ? id.slice(BLOB.length) : undefined
}
