import { OciError } from '../../errors.ts'

/** What skopeo can do, by the version of its protocol. */
export interface ProxyAbilities {
  readonly version: string
  /** 0.2.4: an image that is not there is no error. */
  readonly openImageOptional: boolean
  /** 0.2.7: sizes and digests of layers as they are stored. */
  readonly layerInfo: boolean
  /** 0.2.8: blobs with a pipe for errors, which need no FinishPipe. */
  readonly rawBlobs: boolean
}

/** The first version with GetFullConfig, which is that of skopeo 1.6. */
const OLDEST = [0, 2, 3] as const

/**
 * Reads the version that Initialize answers with. Before 1.0 a new second number means another protocol.
 *
 * @throws OciError ERR_OCI_SKOPEO_VERSION for all but 0.2.3 and later ones of 0.2
 */
export function readVersion(text: string): ProxyAbilities {
  const match = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:[-+][0-9A-Za-z.+-]*)?$/.exec(text)
  const [major, minor, patch] = (match ?? []).slice(1, 4).map(Number)
  const isKnown =
    major === OLDEST[0] && minor === OLDEST[1] && patch !== undefined && patch >= OLDEST[2]
  if (!isKnown) {
    const shown = JSON.stringify(text.slice(0, 40))
    throw new OciError(
      'ERR_OCI_SKOPEO_VERSION',
      `skopeo speaks version ${shown} of the image proxy's protocol; 0.2.3 or a later 0.2 is needed`,
      { expected: '^0.2.3', actual: text },
    )
  }
  return {
    version: text,
    openImageOptional: patch >= 4,
    layerInfo: patch >= 7,
    rawBlobs: patch >= 8,
  }
}
