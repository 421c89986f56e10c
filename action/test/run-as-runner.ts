import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { parse } from 'yaml'

/** What action.yml says. */
export interface ActionMetadata {
  readonly name: string
  readonly description: string
  readonly inputs: Readonly<
    Record<string, { description: string; required?: boolean; default?: string }>
  >
  readonly outputs: Readonly<Record<string, { description: string }>>
  readonly runs: { readonly using: string; readonly main: string }
}

export const actionDirectory = fileURLToPath(new URL('..', import.meta.url))

export const metadata: ActionMetadata = parse(
  readFileSync(join(actionDirectory, 'action.yml'), 'utf8'),
)

/** What a step has done. */
export interface StepResult {
  readonly status: number | null
  /** Lines of the log. */
  readonly log: readonly string[]
  readonly outputs: Readonly<Record<string, string>>
  readonly summary: string
}

/** A job on a runner: a workspace, and a home directory in which nobody has logged in anywhere. */
export interface Job {
  readonly workspace: string
  /** Runs the bundle as a step, its inputs those of action.yml where the workflow gives none. */
  step(
    bundle: string,
    inputs: Readonly<Record<string, string>>,
    env?: Readonly<Record<string, string>>,
  ): Promise<StepResult>
}

export function startJob(): Job {
  const directory = mkdtempSync(join(tmpdir(), 'composefs-action-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const workspace = join(directory, 'workspace')
  for (const name of ['workspace', 'temp', 'home', 'files']) mkdirSync(join(directory, name))
  return {
    workspace,
    async step(bundle, inputs, env = {}) {
      const files = mkdtempSync(join(directory, 'files', 'step-'))
      const output = join(files, 'output')
      const summary = join(files, 'summary')
      // The runner makes both before the step.
      writeFileSync(output, '')
      writeFileSync(summary, '')
      const child = spawn(process.execPath, [bundle], {
        cwd: directory,
        env: {
          PATH: process.env.PATH,
          HOME: join(directory, 'home'),
          GITHUB_ACTIONS: 'true',
          GITHUB_WORKSPACE: workspace,
          GITHUB_OUTPUT: output,
          GITHUB_STEP_SUMMARY: summary,
          RUNNER_TEMP: join(directory, 'temp'),
          ...inputVariables(inputs),
          ...env,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let log = ''
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', data => {
          log += data
        })
      }
      const [status] = await once(child, 'close')
      return {
        status,
        log: log.split('\n').filter(line => line !== ''),
        outputs: parseOutputs(readFileSync(output, 'utf8')),
        summary: readFileSync(summary, 'utf8'),
      }
    },
  }
}

function inputVariables(inputs: Readonly<Record<string, string>>): Record<string, string> {
  for (const name of Object.keys(inputs)) {
    if (!(name in metadata.inputs)) throw new Error(`no input ${name} in action.yml`)
  }
  return Object.fromEntries(
    Object.entries(metadata.inputs).map(([name, { default: value = '' }]) => [
      `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`,
      inputs[name] ?? value,
    ]),
  )
}

/** Reads the file as the runner does: `NAME<<MARK`, lines, `MARK`. */
function parseOutputs(text: string): Record<string, string> {
  const outputs: Record<string, string> = {}
  const lines = text.split('\n')
  while (lines.length > 0) {
    const line = lines.shift() ?? ''
    if (line === '') continue
    const [name = '', mark] = line.split('<<')
    const end = lines.indexOf(mark ?? '')
    if (mark === undefined || end < 0) throw new Error(`no output: ${line}`)
    outputs[name] = lines.splice(0, end).join('\n')
    lines.shift()
  }
  return outputs
}
