/** The golden vectors, wherever they come from. Paths are relative to their directory. */
export interface Vectors {
  bytes(path: string): Promise<Uint8Array>
  json<Document>(path: string): Promise<Document>
}

/** Vectors that a web server has. */
export function vectorsAt(url: string): Vectors {
  const get = async (path: string) => {
    const response = await fetch(new URL(path, url))
    if (!response.ok) throw new Error(`${path}: ${response.status}`)
    return response
  }
  return {
    bytes: async path => new Uint8Array(await (await get(path)).arrayBuffer()),
    json: async <Document>(path: string) => (await (await get(path)).json()) as Document,
  }
}
