import type { ServerResponse } from 'node:http'
import type { ExpectedError } from './expect-error.ts'

/** What a registry answers, and what becomes of it. */
export interface RegistryRow extends ExpectedError {
  readonly title: string
  readonly options?: readonly string[]
  readonly answer: (response: ServerResponse) => void
}

/** Answers with a status. */
function status(code: number, headers: Readonly<Record<string, string>> = {}) {
  return (response: ServerResponse) => {
    response.writeHead(code, headers)
    response.end('{}')
  }
}

/** Errors that come from a registry. */
export const REGISTRY_ROWS: readonly RegistryRow[] = [
  {
    code: 'not-permitted',
    exit: 5,
    title: '401',
    answer: status(401, { 'www-authenticate': 'Basic realm="x"' }),
    hint: /--authfile FILE/,
  },
  {
    code: 'not-permitted',
    exit: 5,
    title: '403',
    answer: status(403),
    hint: /--authfile FILE/,
  },
  {
    code: 'image-not-found',
    exit: 3,
    title: '404',
    answer: status(404),
    hint: /skopeo list-tags/,
  },
  {
    code: 'registry-unavailable',
    exit: 6,
    title: '429',
    answer: status(429),
    hint: /--authfile FILE[\s\S]*a later run goes on/,
  },
  {
    code: 'registry-unavailable',
    exit: 6,
    title: '503',
    answer: status(503),
    hint: /--retry N/,
  },
  {
    code: 'timeout',
    exit: 6,
    title: 'silence',
    options: ['--idle-timeout', '1'],
    answer: () => {},
    hint: /--idle-timeout SEC/,
  },
  {
    code: 'network',
    exit: 1,
    title: 'a status that is none',
    answer: status(418),
  },
]
