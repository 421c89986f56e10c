import { runSuite } from './suite.ts'

interface CommandLine {
  readonly Deno?: { readonly args: readonly string[] }
  readonly process?: { readonly argv: readonly string[] }
}

// Runs the suite by `main.ts URL` in a runtime with a command line, and prints what became of it as JSON.
const { Deno, process } = globalThis as CommandLine
const [url] = Deno?.args ?? process?.argv.slice(2) ?? []
if (url === undefined) throw new TypeError('no URL of the vectors')
console.log(JSON.stringify(await runSuite(url)))
