import { readFileSync } from 'node:fs'
import type { Fault, FaultRule, LayerBlob } from '@composefs/test-fixtures/registry'

const ALWAYS = Number.POSITIVE_INFINITY
const MIB = 1 << 20

/** Bytes that a client may have asked for and lost when its connection ends in order or falls silent. */
const CHUNK = MIB

/**
 * What the kernel may hold between proxy and client: a reset throws it away, though the proxy has sent it. Most that a
 * sender and a receiver on this machine may buffer.
 */
const SOCKET_BUFFERS = ['tcp_wmem', 'tcp_rmem']
  .map(name => Number(readFileSync(`/proc/sys/net/ipv4/${name}`, 'utf8').trim().split(/\s+/)[2]))
  .reduce((sum, bytes) => sum + bytes, 0)

/** A fault on the way of a layer, and what is to come out of the pull. */
export interface FaultRow {
  readonly name: string
  /** Rules for requests of the layer. */
  faults(layer: LayerBlob): readonly Omit<FaultRule, 'path'>[]
  /** Part of the path instead of that of the layer. */
  readonly path?: string
  /** Codes of the error. Undefined: the pull succeeds. */
  readonly refused?: readonly string[]
  /** Most bytes of the layer that are sent more than once. */
  resent?(layer: LayerBlob): number
  /** Most requests for the path. */
  readonly requests?: number
  /** Only for the layers of this name. */
  readonly only?: 'small' | 'large'
}

const half = ({ size }: LayerBlob) => Math.floor(size / 2)
const status = (code: number, headers: Readonly<Record<string, string>> = {}): Fault => ({
  kind: 'status',
  status: code,
  headers,
})
/** Tries of a request behind its first. */
export const RETRIES = 3
const TRIES = RETRIES + 1
const none = () => 0
const chunk = () => CHUNK
const chunkAndBuffers = () => CHUNK + SOCKET_BUFFERS
const whole = ({ size }: LayerBlob) => size

export const FAULT_ROWS: readonly FaultRow[] = [
  { name: 'no fault', faults: () => [], resent: none, requests: 1 },
  {
    name: 'a reset before the answer',
    faults: () => [{ fault: { kind: 'reset', after: 0 } }],
    resent: none,
  },
  {
    name: 'a reset in the middle',
    faults: layer => [{ fault: { kind: 'reset', after: half(layer) } }],
    resent: chunkAndBuffers,
  },
  {
    name: 'more resets than tries, each after some progress',
    faults: ({ size }) => [{ times: 7, fault: { kind: 'reset', after: Math.floor(size / 9) } }],
    resent: () => 7 * chunkAndBuffers(),
  },
  {
    name: 'resets without end before the answer',
    faults: () => [{ times: ALWAYS, fault: { kind: 'reset', after: 0 } }],
    refused: ['ERR_REGISTRY_UNAVAILABLE'],
    requests: TRIES,
  },
  {
    name: 'a body cut before its length',
    faults: layer => [{ fault: { kind: 'truncate', after: half(layer) } }],
    resent: chunk,
  },
  {
    name: 'a short body that says it is whole',
    faults: layer => [{ fault: { kind: 'shorten', after: half(layer) } }],
    resent: chunk,
  },
  {
    name: 'short bodies without progress',
    faults: () => [{ times: ALWAYS, fault: { kind: 'truncate', after: 0 } }],
    refused: ['ERR_REGISTRY_UNAVAILABLE'],
    requests: TRIES,
  },
  {
    name: 'a stall before the answer',
    faults: () => [{ fault: { kind: 'stall', after: 0 } }],
    resent: none,
  },
  {
    name: 'a stall in the middle',
    faults: layer => [{ fault: { kind: 'stall', after: half(layer) } }],
    resent: chunk,
  },
  {
    name: 'stalls without end',
    faults: () => [{ times: ALWAYS, fault: { kind: 'stall', after: 0 } }],
    refused: ['ERR_REGISTRY_TIMEOUT'],
    requests: TRIES,
  },
  {
    name: 'a wrong byte',
    faults: layer => [{ fault: { kind: 'flip', at: half(layer) } }],
    refused: ['ERR_OCI_DIGEST_MISMATCH'],
  },
  {
    name: '429 with Retry-After',
    faults: () => [{ fault: status(429, { 'retry-after': '1' }) }],
    resent: none,
    requests: 2,
  },
  {
    name: '429 without end',
    faults: () => [{ times: ALWAYS, fault: status(429, { 'retry-after': '0' }) }],
    refused: ['ERR_REGISTRY_TOO_MANY_REQUESTS'],
    requests: TRIES,
  },
  {
    name: '500 twice, then fine',
    faults: () => [{ times: 2, fault: status(500) }],
    resent: none,
    requests: 3,
  },
  {
    name: '503 without end',
    faults: () => [{ times: ALWAYS, fault: status(503) }],
    refused: ['ERR_REGISTRY_UNAVAILABLE'],
    requests: TRIES,
  },
  {
    name: '404',
    faults: () => [{ times: ALWAYS, fault: status(404) }],
    refused: ['ERR_OCI_MISSING_BLOB', 'ERR_REGISTRY_NOT_FOUND'],
    requests: 1,
  },
  {
    name: '403',
    faults: () => [{ times: ALWAYS, fault: status(403) }],
    refused: ['ERR_REGISTRY_UNAUTHORIZED'],
    requests: 2,
  },
  {
    name: 'a range that is answered by the whole',
    faults: layer => [
      { range: false, fault: { kind: 'truncate', after: half(layer) } },
      { range: true, fault: { kind: 'ignore-range' } },
    ],
    resent: whole,
  },
  {
    name: 'another range than was asked for',
    faults: layer => [
      { range: false, fault: { kind: 'truncate', after: half(layer) } },
      { range: true, fault: { kind: 'other-range', from: half(layer) + 512 } },
    ],
    resent: whole,
  },
  {
    name: 'a range that is refused',
    faults: layer => [
      { range: false, fault: { kind: 'truncate', after: half(layer) } },
      { range: true, fault: { kind: 'refuse-range' } },
    ],
    resent: whole,
  },
  {
    name: 'ranges that are refused without end',
    faults: layer => [
      { range: false, fault: { kind: 'truncate', after: half(layer) } },
      { range: true, times: ALWAYS, fault: { kind: 'refuse-range' } },
    ],
    resent: whole,
  },
  {
    name: 'a redirect in circles',
    faults: ({ digest }) => [
      {
        times: ALWAYS,
        fault: { kind: 'redirect', to: `/v2/small/blobs/${digest}` },
      },
    ],
    refused: ['ERR_REGISTRY_PROTOCOL', 'ERR_REGISTRY_UNAVAILABLE'],
    requests: 50,
    only: 'small',
  },
  {
    name: 'slow, yet never silent for the idle time-out',
    faults: () => [{ fault: { kind: 'slow', bytes: 16 << 10, pauseMs: 100 } }],
    resent: none,
    requests: 1,
    only: 'small',
  },
  {
    name: 'a manifest that stalls once',
    path: '/manifests/',
    faults: () => [{ fault: { kind: 'stall', after: 0 } }],
    only: 'small',
  },
  {
    name: 'a manifest that stalls inside',
    path: '/manifests/',
    faults: () => [{ times: ALWAYS, fault: { kind: 'stall', after: 20 } }],
    refused: ['ERR_REGISTRY_TIMEOUT'],
    only: 'small',
  },
  {
    name: 'a manifest with a wrong byte',
    path: '/manifests/',
    faults: () => [{ times: ALWAYS, fault: { kind: 'flip', at: 2 } }],
    refused: ['ERR_REGISTRY_DIGEST_MISMATCH'],
    only: 'small',
  },
  {
    name: 'a manifest that is cut once',
    path: '/manifests/',
    faults: () => [{ fault: { kind: 'truncate', after: 100 } }],
    only: 'small',
  },
  {
    name: '500 for the manifest, without end',
    path: '/manifests/',
    faults: () => [{ times: ALWAYS, fault: status(500) }],
    refused: ['ERR_REGISTRY_UNAVAILABLE'],
    only: 'small',
  },
]
