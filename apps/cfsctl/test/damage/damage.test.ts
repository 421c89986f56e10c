import { damagesOf, entriesBelow, snapshot } from '@composefs/test-fixtures/damage'
import { describe, expect, test } from 'vitest'
import { type CommandLine, readingCommands, runLine, writingCommands } from './commands.ts'
import { damageBench } from './workbench.ts'

const bench = await damageBench()
const { layer, config, manifest, image } = bench.names

/** One entry in each role, by the beginning of its path. */
const ROLES = {
  'the metadata': 'meta.json',
  'the objects': 'objects',
  'a directory of objects': 'objects/35',
  'the stream of a layer': 'objects/aa/',
  'the stream of a config': 'objects/a5/',
  'the stream of a manifest': 'objects/a1/',
  'a config': 'objects/df/',
  'a manifest': 'objects/56/',
  'an EROFS image': 'objects/48/',
  'a file': 'objects/35/',
  'the streams': 'streams',
  'the link of a layer': `streams/oci-layer-${layer}`,
  'the link of a config': `streams/oci-config-${config}`,
  'the link of a manifest': `streams/oci-manifest-${manifest}`,
  'the refs of streams': 'streams/refs',
  'the tags': 'streams/refs/oci',
  'a tag': 'streams/refs/oci/good',
  'the images': 'images',
  'the link of an image': `images/${image}`,
  'the refs of images': 'images/refs',
  'a directory of refs': 'images/refs/my',
  'a ref': 'images/refs/my/image',
}
const entries = entriesBelow(bench.whole)

/** All damages with `COMPOSEFS_DAMAGE=full`; otherwise some for each role, others for the next one. */
const isFull = process.env.COMPOSEFS_DAMAGE === 'full'
const SHARE = 6

const cases = Object.entries(ROLES).flatMap(([role, start], index) => {
  const entry = entries.find(({ path }) => path === start || path.startsWith(start))
  if (entry === undefined) throw new Error(`there is no ${role}: ${start}`)
  const damages = damagesOf(entry.kind).filter((_, at) => isFull || (at + index) % SHARE === 0)
  return damages.map(damage => ({ role, damage, what: damage.name, path: entry.path }))
})

/** Runs commands one after the other; none may fail in a way that no error of ours is for. */
async function runAll(lines: readonly CommandLine[], afterEach: (line: string) => void = () => {}) {
  const endings: Record<string, string> = {}
  for (const line of lines) {
    const text = line.args.join(' ')
    const { code, error } = await runLine(bench, line)
    if (code === 'internal') throw new Error(text, { cause: error })
    endings[text] = code
    afterEach(text)
  }
  return endings
}

describe('commands', () => {
  test('succeed when nothing is damaged', async () => {
    bench.reset()
    const endings = await runAll([...readingCommands(bench), ...writingCommands(bench)])
    const failed = Object.entries(endings).filter(([, code]) => code !== 'done')
    // One of the images is sealed with the id of an image that nobody has.
    expect(failed.filter(([line]) => !line.startsWith('fsck --repair'))).toEqual([])
  })

  test.for(cases)('end in order when $role is $what', async ({ path, damage }, { skip }) => {
    bench.reset()
    if (!bench.damage(path, damage)) skip('only root can make one')
    const [repository, outside] = [snapshot(bench.repository), snapshot(bench.outside)]
    await runAll(readingCommands(bench))
    expect(snapshot(bench.repository)).toEqual(repository)
    await runAll(writingCommands(bench), line => {
      expect(snapshot(bench.outside), line).toEqual(outside)
    })
  })
})
