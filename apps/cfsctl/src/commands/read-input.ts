import { CliError } from '../errors/cli-error.ts'

/** Reads a stream to its end. */
export async function readAll(
  input: AsyncIterable<Uint8Array>,
  { sizeMax, what }: { readonly sizeMax: number; readonly what: string },
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of input) {
    size += chunk.length
    if (size > sizeMax) throw new CliError('image-invalid', `${what} of more than ${sizeMax} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size)
}
