import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { workerData } from 'node:worker_threads'
import { Corpus } from './corpus.ts'
import { send, type WorkerOptions } from './messages.ts'
import { mutateBytes } from './mutate/bytes.ts'
import { createRandom } from './random.ts'
import { Runner } from './runner.ts'
import { SharedInput } from './shared-input.ts'
import { INPUT_MAX, type Target } from './target.ts'
import { findTarget } from './targets/table.ts'

const REPORT_EVERY = 200

const options = workerData as WorkerOptions
await fuzz(findTarget(options.target), options)

async function fuzz(target: Target, { seed, seconds, corpusDirectory, memory }: WorkerOptions) {
  const random = createRandom(seed)
  const corpus = new Corpus()
  const runner = new Runner(target, new SharedInput(memory))
  for (const input of [...(await target.seeds()), ...savedInputs(corpusDirectory)]) {
    if (input.length > INPUT_MAX) continue
    corpus.addSeed(input, (await runner.run(input)) ?? 'a finding')
  }
  runner.atStart()
  const end = performance.now() + seconds * 1000
  while (performance.now() < end) {
    const parent = corpus.pick(random)
    const others = [corpus.pick(random), corpus.pick(random)]
    const material = { dictionary: target.dictionary, others }
    const changed = random.oneIn(3) ? undefined : target.mutate(parent, random, others)
    const input = changed ?? mutateBytes(parent, random, material)
    const bytes = new Uint8Array(input.subarray(0, INPUT_MAX))
    const way = await runner.run(bytes)
    if (way !== undefined) corpus.offer(bytes, way)
    if (runner.count % REPORT_EVERY === 0) report(runner, corpus)
  }
  report(runner, corpus)
}

function savedInputs(directory: string): Uint8Array[] {
  return readdirSync(directory).map(name => readFileSync(join(directory, name)))
}

function report({ count }: Runner, corpus: Corpus): void {
  send({ kind: 'progress', count, kept: corpus.inputs.length, ways: corpus.ways })
}
