import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

const page = join(import.meta.dirname, '../page')

/** The file that the page's script and style are kept in. */
export const BROWSER_PARTS = join(import.meta.dirname, '../src/page/browser-parts.ts')

/** The text of that file, made of the sources below `page/`. */
export async function bundlePage(): Promise<string> {
  const [script, style] = await Promise.all([bundle('main.ts'), bundle('style.css')])
  return `// Made by \`pnpm run build:page\` of the files in page/. Do not edit.
// biome-ignore-all format: made by a program
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the script has templates of its own

/** The script of the page. It has parts of d3-hierarchy, whose licence stands in it. */
export const PAGE_SCRIPT =
  ${literal(licence('d3-hierarchy') + script)}

/** The style of the page. */
export const PAGE_STYLE =
  ${literal(style)}
`
}

async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(page, entry)],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: ['es2023', 'chrome123', 'firefox121', 'safari17.5'],
    legalComments: 'none',
    charset: 'ascii',
  })
  const text = outputFiles[0]?.text ?? ''
  if (/<\/?(?:script|style|!--)/i.test(text)) throw new Error(`${entry} would end its element`)
  return text
}

/** The licence of a package as a comment: whoever passes the page on passes it on too. */
function licence(name: string): string {
  const file = join(import.meta.dirname, '../node_modules', name, 'LICENSE')
  const text = readFileSync(file, 'utf8').trim()
  return `/*! ${name}\n\n${text}\n*/\n`
}

/** A string of the source, without what could not stand in a line. */
function literal(text: string): string {
  return JSON.stringify(text)
}
