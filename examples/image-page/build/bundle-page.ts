import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const page = (name: string) => fileURLToPath(new URL(`../page/${name}`, import.meta.url))

/**
 * The page as one file that needs no server and no network: its policy lets nothing in but its own script and style.
 */
export async function bundlePage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [page('page.ts'), page('style.css')],
    outdir: 'unused',
    write: false,
    bundle: true,
    minify: true,
    format: 'esm',
    // A package that asks for Node fails the build.
    platform: 'browser',
    target: 'es2022',
    conditions: ['composefs-source'],
    logLevel: 'silent',
  })
  const text = (suffix: string) =>
    (outputFiles.find(({ path }) => path.endsWith(suffix))?.text ?? '').trim()
  // The end of a script is found before anything in it is understood.
  const script = text('.js').replaceAll('</script', '<\\/script')
  const style = text('.css')
  const policy = `default-src 'none'; script-src ${hash(script)}; style-src ${hash(style)}`
  // Functions, since a text would be searched for `$&`.
  return readFileSync(page('index.html'), 'utf8')
    .replace('content=""', () => `content="${policy}"`)
    .replace('<style>', () => `<style>${style}`)
    .replace('<script type="module">', () => `<script type="module">${script}`)
}

function hash(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}
