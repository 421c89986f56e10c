import { pack } from 'tar-stream'

/** One entry of a small layer made for a test. */
export interface LayerFile {
  readonly name: string
  readonly type?: 'file' | 'directory' | 'symlink' | 'link' | 'character-device' | 'fifo'
  readonly mode?: number
  readonly uid?: number
  readonly gid?: number
  /** Seconds since 1970. */
  readonly mtime?: number
  readonly linkname?: string
  readonly devmajor?: number
  readonly devminor?: number
  readonly content?: string | Uint8Array
  /** Extended attributes of text. */
  readonly xattrs?: Readonly<Record<string, string>>
}

/** A plain tar of these entries, the same bytes every time. */
export async function buildTar(files: readonly LayerFile[]): Promise<Uint8Array> {
  const archive = pack()
  const chunks: Uint8Array[] = []
  const collected = (async () => {
    for await (const chunk of archive) chunks.push(chunk as Uint8Array)
  })()
  for (const file of files) {
    const { content = '', xattrs = {}, mtime = 1_700_000_000, name, ...header } = file
    const pax = Object.fromEntries(
      Object.entries(xattrs).map(([key, value]) => [`SCHILY.xattr.${key}`, value]),
    )
    const usesPax = Object.keys(pax).length > 0
    archive.entry(
      {
        mode: file.type === 'directory' ? 0o755 : 0o644,
        uid: 0,
        gid: 0,
        ...header,
        name,
        mtime: new Date(mtime * 1000),
        ...(usesPax ? { pax } : {}),
      },
      typeof content === 'string' ? content : Buffer.from(content),
    )
  }
  archive.finalize()
  await collected
  return Buffer.concat(chunks)
}
