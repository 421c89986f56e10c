import { createHash } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildTar, type LayoutFacts, writeLayout } from '@composefs/test-fixtures'
import { bytesOf, runOurs, textOf } from './programs.ts'

/** A repository with a bit of everything, and where its things came from. */
export interface SmallRepository {
  readonly work: string
  readonly path: string
  /** A root file system: a large file, a hard link, a symlink, a name that is not UTF-8. */
  readonly root: string
  /** Its image, which has the names `my/img` and `img`. */
  readonly image: string
  /** A layout with a bootable image, pulled as `app:1` with its boot variant. */
  readonly layout: LayoutFacts
  readonly reference: string
  /** The image of `app:1`. */
  readonly plainImage: string
  /** A manifest that says something about the image, pulled as `signature`. */
  readonly signature: { readonly reference: string; readonly digest: string }
}

/** Makes the repository below `work`. */
export async function makeSmallRepository(
  work: string,
  algorithm = 'fsverity-sha256-12',
): Promise<SmallRepository> {
  const path = join(work, 'repository')
  const ours = (...args: string[]) => textOf(runOurs(['-q', '--repo', path, ...args]))
  ours('init', '--insecure', '--algorithm', algorithm, path)
  const root = makeRoot(join(work, 'root'))
  const image = ours('create-image', root, 'my/img').replace(/^sha\d+:/, '')
  ours('image', 'tag', image, 'img')
  const layout = writeLayout(join(work, 'layout'), {
    // The peer takes a colon for the end of the directory.
    tag: 'v1',
    layers: [
      { tar: await lowerTar(), compression: 'gzip' },
      { tar: await upperTar(), compression: 'zstd' },
    ],
  })
  const reference = `oci:${layout.directory}:v1`
  const signature = writeSignature(join(work, 'signature'), layout)
  ours('oci', 'pull', '--bootable', reference, 'app:1')
  ours('oci', 'pull', signature.reference, 'signature')
  const plainImage = ours('oci', 'compute-id', 'app:1')
  return { work, path, root, image, layout, reference, plainImage, signature }
}

/** The content of an image of the repository. */
export function imageBytes({ path, image }: SmallRepository): Buffer {
  return readFileSync(join(path, 'images', image))
}

/** The tar of a stored layer. */
export function layerTar({ path, layout }: SmallRepository, index: number): Buffer {
  return bytesOf(runOurs(['--repo', path, 'oci', 'layer', layout.diffIds[index] ?? '']))
}

function makeRoot(path: string): string {
  mkdirSync(join(path, 'usr/bin'), { recursive: true })
  for (const name of ['boot', 'sysroot', 'etc']) mkdirSync(join(path, name))
  writeFileSync(join(path, 'usr/bin/large'), Buffer.alloc(10_000, 7))
  linkSync(join(path, 'usr/bin/large'), join(path, 'usr/bin/larger'))
  writeFileSync(join(path, 'etc/small'), 'small\n')
  symlinkSync('small', join(path, 'etc/link'))
  writeFileSync(Buffer.concat([Buffer.from(join(path, 'etc/')), Buffer.of(0xff, 0x20)]), '')
  return path
}

function lowerTar(): Promise<Uint8Array> {
  return buildTar([
    ...['usr/', 'usr/bin/', 'boot/', 'sysroot/', 'run/'].map(
      name => ({ name, type: 'directory' }) as const,
    ),
    { name: 'usr/bin/large', content: 'x'.repeat(5000) },
    { name: 'usr/small', content: 'small' },
  ])
}

function upperTar(): Promise<Uint8Array> {
  return buildTar([{ name: 'usr/.wh.small' }, { name: 'usr/second', content: 'y'.repeat(100) }])
}

/** A layout with an artifact whose subject is the image of `layout`, tagged `s`. */
function writeSignature(directory: string, layout: LayoutFacts): SmallRepository['signature'] {
  const blobs = join(directory, 'blobs/sha256')
  mkdirSync(blobs, { recursive: true })
  const store = (content: string | Buffer, mediaType: string) => {
    const hex = createHash('sha256').update(content).digest('hex')
    writeFileSync(join(blobs, hex), content)
    return { mediaType, digest: `sha256:${hex}`, size: Buffer.byteLength(content) }
  }
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const [, hex = ''] = layout.manifestDigest.split(':')
  const subject = readFileSync(join(layout.directory, 'blobs/sha256', hex))
  const manifest = store(
    JSON.stringify({
      schemaVersion: 2,
      mediaType,
      artifactType: 'application/example.signature',
      config: store('{}', 'application/vnd.oci.empty.v1+json'),
      layers: [store('signed', 'text/plain')],
      subject: { mediaType, digest: layout.manifestDigest, size: subject.length },
      annotations: { 'org.example.who': 'somebody' },
    }),
    mediaType,
  )
  writeFileSync(join(directory, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
  const entry = { ...manifest, annotations: { 'org.opencontainers.image.ref.name': 's' } }
  writeFileSync(
    join(directory, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [entry] }),
  )
  return { reference: `oci:${directory}:s`, digest: manifest.digest }
}
