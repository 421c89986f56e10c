/** Compares texts by their UTF-8 bytes, the order of all lists. */
export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
