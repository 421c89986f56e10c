import { createHash } from 'node:crypto'
import type { Report } from '../report.ts'
import { PAGE_SCRIPT, PAGE_STYLE } from './browser-parts.ts'
import { pageData } from './page-data.ts'
import { visibleText } from './visible-text.ts'

/** How to make a page. */
export interface PageOptions {
  /** When the report was made; the page tells it. */
  readonly made?: Date
}

/**
 * A report as one HTML page, which asks nothing of any network: script, style and data are in it, and its policy lets
 * the browser take nothing else, not even a script that a name in the image smuggles in.
 *
 * @example
 * await writeFile('report.html', reportPage(report, { made: new Date() }))
 */
export function reportPage(report: Report, { made }: PageOptions = {}): string {
  const { name, kind } = report.subject
  const title = escapeHtml(visibleText(name))
  const policy = [
    "default-src 'none'",
    `script-src '${sourceHash(PAGE_SCRIPT)}'`,
    `style-src '${sourceHash(PAGE_STYLE)}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="composefs report">
<title>${title} · ${kind === 'image' ? 'image' : 'repository'} report</title>
<link rel="icon" href="${ICON}">
<style>${PAGE_STYLE}</style>
</head>
<body>
<noscript><p class="no-script">This report draws itself with a script, which this browser does not run. The same data comes from <code>cfsctl report --json</code>.</p></noscript>
<script type="application/json" id="report-data">${jsonForHtml(pageData(report, made))}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`
}

const ICON = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="#2563c9" d="M1 1h8v14H1z"/><path fill="#14958a" d="M10 1h5v8h-5z"/><path fill="#e0a526" d="M10 10h5v5h-5z"/></svg>',
)}`

/** As a policy names an inline script or style. */
function sourceHash(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}

/** JSON in which nothing ends the element it stands in, whatever names say. */
function jsonForHtml(value: object): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
