import { checkResults } from '../check/check-results.ts'
import type { Sample } from '../measure/run-measured.ts'
import type { Row } from '../rows/row.ts'
import { SCENARIOS, type Scenario } from '../rows/scenarios.ts'
import type { Tool } from '../tools.ts'
import type { RunContext } from './context.ts'
import type { RowResult } from './result.ts'
import { sampleCount } from './sample-count.ts'
import { type RowInputs, Side, type TakenSample } from './side.ts'

/**
 * Measures one row: a warm-up of each side, whose results are compared, and then samples in turn.
 *
 * A failure of a program, ours or another, is a result of the row.
 */
export async function runRow(row: Row, context: RunContext): Promise<RowResult> {
  const inputs = await openInputs(row, context)
  if (inputs === undefined) return { row: row.name, skipped: 'no docker-registry', sides: {} }
  const sides = sidesOf(row, inputs, context)
  try {
    const problems = await measure(row, sides, context)
    const samples = Object.fromEntries(sides.map(side => [side.tool, side.samples]))
    return { row: row.name, sides: samples, ...(problems.length > 0 && { problems }) }
  } catch (error) {
    context.signal.throwIfAborted()
    const problem = error instanceof Error ? error.message : String(error)
    return { row: row.name, sides: {}, problems: [problem] }
  } finally {
    for (const side of sides) side.close()
  }
}

async function measure(
  row: Row,
  sides: readonly Side[],
  context: RunContext,
): Promise<readonly string[]> {
  const { check }: Scenario = SCENARIOS[row.scenario]
  const first = new Map<Tool, TakenSample>()
  for (const side of sides) first.set(side.tool, await side.sample())
  const peer = first.get('cfsctl') ?? first.get('mkcomposefs')
  const ours = first.get('ours')
  const problems = ours === undefined ? [] : checkResults(check, ours.outcome, peer?.outcome)
  for (const { release } of first.values()) release()

  const slowest = Math.max(...[...first.values()].map(({ sample }) => sample.wall))
  const count = sampleCount(row, slowest, context)
  // Peaks of memory need no warming up.
  if (row.metric === 'memory') {
    for (const side of sides) side.samples.push(...sampleOf(first.get(side.tool)))
  }
  while ((sides[0]?.samples.length ?? count) < count) {
    for (const side of sides) {
      const { sample, release } = await side.sample()
      side.samples.push(sample)
      release()
    }
  }
  return problems
}

function sampleOf(taken: TakenSample | undefined): Sample[] {
  return taken === undefined ? [] : [taken.sample]
}

function sidesOf(row: Row, inputs: RowInputs, context: RunContext): Side[] {
  const { commands }: Scenario = SCENARIOS[row.scenario]
  const tools: Tool[] = ['ours', ...row.rivals]
  return tools.flatMap(tool => {
    const command = context.tools.command(tool)
    if (command === undefined || commands[tool] === undefined) return []
    return [new Side(tool, { row, command, inputs, context })]
  })
}

async function openInputs(row: Row, context: RunContext): Promise<RowInputs | undefined> {
  const input = await context.openInput(row.input)
  const present = row.present === undefined ? '' : await context.openInput(row.present)
  if (row.scenario !== 'pull-registry') return { input, present, registry: '', env: {} }
  const registry = await context.registry()
  if (registry === undefined) return undefined
  return { input, present, registry: await registry.image(input), env: registry.env }
}
