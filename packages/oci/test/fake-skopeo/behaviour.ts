/** What goes wrong, and when. */
export interface SkopeoFault {
  /** At this request. */
  readonly on: string
  /** In this process only, counted from 1. Default: in every one. */
  readonly start?: number
  /** At this request of its kind in a process, counted from 1. Default: at every one. */
  readonly call?: number
  readonly effect: /** No answer, ever. */
    | { readonly kind: 'stall' }
    /** Ends without an answer. */
    | { readonly kind: 'exit'; readonly status: number; readonly message: string }
    /** Ends by a signal without an answer. */
    | { readonly kind: 'kill' }
    | { readonly kind: 'refuse'; readonly message: string; readonly code?: string }
    /** This text for an answer. */
    | { readonly kind: 'garble'; readonly text: string }
    /** A directory where a pipe should be. */
    | { readonly kind: 'no-pipe' }
    /** So many descriptors more than belong to the answer. */
    | { readonly kind: 'extra-files'; readonly count: number }
    /** No descriptors. */
    | { readonly kind: 'no-files' }
    /** Another size in the answer. */
    | { readonly kind: 'announce'; readonly size: number }
    /** After so many bytes of the pipe nothing more comes. */
    | { readonly kind: 'stall-after'; readonly bytes: number }
    /** After so many bytes the process ends. */
    | { readonly kind: 'exit-after'; readonly bytes: number }
    /** After so many bytes the transfer ends with this error. */
    | {
        readonly kind: 'break-after'
        readonly bytes: number
        readonly message: string
        readonly code?: string
      }
    /** After so many bytes a pause, in ms. */
    | { readonly kind: 'pause-after'; readonly bytes: number; readonly ms: number }
    /** More bytes than there are. */
    | { readonly kind: 'append'; readonly bytes: number }
}

/** What a fake skopeo is, and serves. */
export interface SkopeoBehaviour {
  readonly version: string
  /** Text of the manifest. */
  readonly manifest: string
  /** What GetManifest says the original is. Default: the digest of the manifest. */
  readonly original?: string
  /** What GetFullConfig gives. */
  readonly config: string
  /** Directory of blobs, each under its digest. */
  readonly blobs: string
  /** Answer of GetLayerInfoPiped. */
  readonly layerInfo?: readonly { readonly digest: string; readonly size: number }[]
  /** The image is not there. */
  readonly isMissing?: boolean
  readonly faults?: readonly SkopeoFault[]
  /** Where it tells how it was called and what it was asked for: a JSON value a line. */
  readonly log: string
}
