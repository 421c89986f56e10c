import { decodeUtf8 } from '@composefs/bytes'
import { OciError } from '../../errors.ts'

/** One line of a policy file. */
export interface PolicyLine {
  /** Path of the file, from the root and without a slash before it. */
  readonly path: string
  /** From 1. */
  readonly number: number
  readonly text: string
}

const NEWLINE = 0x0a

/**
 * The lines of a policy file.
 *
 * @throws OciError ERR_OCI_POLICY_SYNTAX for a line that is not UTF-8
 */
export function* policyLines(path: string, bytes: Uint8Array): Generator<PolicyLine> {
  let number = 1
  for (let start = 0; start < bytes.length; number++) {
    const newline = bytes.indexOf(NEWLINE, start)
    const end = newline < 0 ? bytes.length : newline
    const text = decodeUtf8(bytes.subarray(start, end))
    if (text === undefined) throw badLine({ path, number }, 'a byte that is not UTF-8')
    yield { path, number, text }
    start = end + 1
  }
}

/** Everything that separates fields: white space as Unicode has it, which is not quite what `\s` is. */
const WHITE_SPACE =
  '\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000'
const FIELD = new RegExp(`[^${WHITE_SPACE}]+`, 'g')
const SPACE = new RegExp(`[${WHITE_SPACE}]`)

/** The fields of a line; none for an empty line and for a comment. */
export function fieldsOf({ text }: PolicyLine): readonly string[] {
  const fields = text.match(FIELD) ?? []
  return fields[0]?.startsWith('#') ? [] : fields
}

/** The text without white space around it. No expression: one for its end takes the square of a long run inside. */
export function trimmed(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && SPACE.test(text[start] as string)) start++
  while (end > start && SPACE.test(text[end - 1] as string)) end--
  return text.slice(start, end)
}

/** The error for a line that says nothing known. */
export function badLine(
  { path, number }: { readonly path: string; readonly number: number },
  reason: string,
): OciError {
  return new OciError('ERR_OCI_POLICY_SYNTAX', `/${path}:${number}: ${reason}`, {
    path: `/${path}`,
    line: number,
  })
}
