import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { linuxSocketPairs } from '@composefs/linux'
import { afterAll } from 'vitest'
import type { SkopeoOptions } from '../../src/index.ts'
import { sha256 } from '../docker-archive-builder.ts'
import { temporaryDirectory } from '../layout-builder.ts'
import type { SkopeoBehaviour } from './behaviour.ts'

/** One line of what a fake skopeo tells: how it was started, or a request. */
export interface SkopeoLogLine {
  /** Which process, from 1. */
  readonly start: number
  readonly args: readonly (string | number)[]
  /** Of requests. */
  readonly method?: string
  /** Of starts: what is in the file of passwords. */
  readonly passwords?: string | null
}

/** A program that behaves like skopeo, as far as it is told to. */
export interface FakeSkopeo {
  readonly options: SkopeoOptions
  readonly env: Readonly<Record<string, string | undefined>>
  log(): SkopeoLogLine[]
  /** The requests of all processes, in their order. */
  methods(): string[]
}

// The second fake of a test file starts in a quarter of the time of the first.
const COMPILE_CACHE = mkdtempSync(join(tmpdir(), 'fake-skopeo-cache-'))
afterAll(() => rmSync(COMPILE_CACHE, { recursive: true, force: true }))

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))

/** Writes the program; whoever opens an image by it starts it. */
export function fakeSkopeo(
  behaviour: Omit<SkopeoBehaviour, 'log' | 'blobs'>,
  blobs: readonly (string | Uint8Array)[],
): FakeSkopeo {
  const directory = temporaryDirectory()
  const store = join(directory, 'blobs')
  mkdirSync(store)
  for (const blob of blobs) writeFileSync(join(store, `sha256:${sha256(blob)}`), blob)
  const program = join(directory, 'skopeo')
  const words = [process.execPath, '--conditions=composefs-source', '--no-warnings', MAIN]
  const command = words.map(word => `'${word}'`).join(' ')
  writeFileSync(program, `#!/bin/sh\nexec ${command} "$@"\n`)
  chmodSync(program, 0o755)
  const log = join(directory, 'log')
  const full: SkopeoBehaviour = { ...behaviour, blobs: store, log }
  const readLog = () =>
    existsSync(log)
      ? readFileSync(log, 'utf8')
          .split('\n')
          .filter(line => line !== '')
          .map(line => JSON.parse(line) as SkopeoLogLine)
      : []
  return {
    options: { sockets: linuxSocketPairs, program },
    env: {
      ...process.env,
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      FAKE_SKOPEO: JSON.stringify(full),
    },
    log: readLog,
    methods: () => readLog().flatMap(({ method }) => (method === undefined ? [] : [method])),
  }
}
