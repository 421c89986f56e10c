/** What a registry itself says about an error (distribution specification, error codes). */
export interface ErrorDocument {
  readonly code: string
  readonly message: string
}

/** Errors are short; what is longer is a page of a proxy. */
export const ERROR_DOCUMENT_MAX = 64 << 10

const TEXT_MAX = 200

/**
 * The first error of a registry's error document; undefined for bytes that are none.
 *
 * @param redact takes secrets out of a text: of what the registry wrote, as half a secret is not known as one any more
 */
export function parseErrorDocument(
  bytes: Uint8Array,
  redact: (text: string) => string = text => text,
): ErrorDocument | undefined {
  let document: unknown
  try {
    document = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
  const errors = (document as { errors?: unknown } | null)?.errors
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined
  if (typeof first !== 'object' || first === null) return undefined
  const { code, message } = first as { code?: unknown; message?: unknown }
  if (typeof code !== 'string' || !/^[A-Z0-9_]{1,64}$/i.test(code)) return undefined
  if (redact(code) !== code) return undefined
  return { code, message: typeof message === 'string' ? plainText(redact(message)) : '' }
}

/** A registry's words are shown on terminals. */
function plainText(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim()
  return line.length > TEXT_MAX ? `${line.slice(0, TEXT_MAX)}…` : line
}
