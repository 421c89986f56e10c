const SHORT: ReadonlyMap<number, string> = new Map([
  [0x5c, '\\\\'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
  [0x09, '\\t'],
])

export function escapeField(bytes: Uint8Array): string {
  if (bytes.length === 0) return '-'
  const text = escapeBytes(bytes, -1)
  return text === '-' ? '\\x2d' : text
}

export function escapeXattr(bytes: Uint8Array): string {
  return escapeBytes(bytes, 0x3d)
}

function escapeBytes(bytes: Uint8Array, also: number): string {
  let text = ''
  for (const byte of bytes) {
    if (byte > 0x20 && byte < 0x7f && byte !== 0x5c && byte !== also)
      text += String.fromCharCode(byte)
    else text += SHORT.get(byte) ?? `\\x${byte.toString(16).padStart(2, '0')}`
  }
  return text
}
