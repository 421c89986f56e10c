import { describe, expect, test } from 'vitest'
import { showLimit } from '../src/rows/limit.ts'
import { fillTemplate, SCENARIOS, type Scenario } from '../src/rows/scenarios.ts'
import { ROWS } from '../src/rows/table.ts'

/** Every gate and aim that is promised, by the name of its row. */
const PROMISED: Readonly<Record<string, readonly [gate: string, aim: string]>> = {
  'pull rootfs gz': ['0.65', '0.55'],
  'pull rootfs gz, disk': ['0.70', '0.60'],
  'pull rootfs zst': ['0.75', '0.65'],
  'pull rootfs tar': ['0.75', '0.65'],
  'pull rootfs 4 layers gz': ['0.70', '0.58'],
  'pull rootfs 4 layers gz, objects present': ['0.70', '0.60'],
  'pull small gz': ['0.45', '0.36'],
  'pull small gz, disk': ['0.55', '0.45'],
  'pull big tar': ['0.88', '0.75'],
  'pull big tar, disk': ['0.70', '0.58'],
  'pull big tar, sha256': ['0.92', '0.82'],
  'pull big gz': ['0.90', '0.80'],
  'pull big zst': ['0.90', '0.80'],
  'second pull small': ['0.35', '0.20'],
  'second pull rootfs': ['1.30, 70 ms', '1.00'],
  'pull rootfs 4 layers gz, registry': ['0.60, 0.50 of skopeo', '0.60, 0.50 of skopeo'],
  'pull big zst, registry': ['0.70', '0.70'],
  'create-image rootfs': ['0.80', '0.65'],
  'fsck rootfs': ['1.00', '0.90'],
  'fsck small': ['0.75', '0.65'],
  'fsck big, sha256': ['1.05', '0.95'],
  'dump to image 10 k': ['120 ms', '90 ms'],
  'dump to image 100 k': ['0.45', '0.33'],
  'dump to image 1 M': ['0.25', '0.18'],
  'gc small': ['200 ms', '150 ms'],
  '--help': ['node + 20 ms', 'node + 8 ms'],
  'oci images': ['node + 20 ms', 'node + 8 ms'],
  'memory: pull rootfs gz, 1 helper': ['150 MiB', '125 MiB'],
  'memory: pull rootfs 4 layers gz, 1 helper': ['150 MiB', '125 MiB'],
  'memory: pull small gz, 1 helper': ['150 MiB', '125 MiB'],
  'memory: pull big zst, 1 helper': ['150 MiB', '125 MiB'],
  'memory: pull rootfs gz, 3 helpers': ['180 MiB', '150 MiB'],
  'memory: pull rootfs 4 layers gz, 3 helpers': ['180 MiB', '150 MiB'],
  'memory: pull small gz, 3 helpers': ['180 MiB', '150 MiB'],
  'memory: pull big zst, 3 helpers': ['180 MiB', '150 MiB'],
  'memory: a layer of 1 GiB': ['150 MiB', '125 MiB'],
  'memory: a layer of 8 GiB': ['+ 10 MiB', '+ 5 MiB'],
}

test('every promised row is there with its limits, and no other', () => {
  const limits = ROWS.map(({ name, gate, aim }) => [
    name,
    [gate.map(showLimit).join(', '), aim.map(showLimit).join(', ')],
  ])
  expect(Object.fromEntries(limits)).toEqual(PROMISED)
  expect(ROWS).toHaveLength(Object.keys(PROMISED).length)
})

describe.each(ROWS)('$name', row => {
  const scenario: Scenario = SCENARIOS[row.scenario]

  test('all who take part know what to do', () => {
    for (const tool of ['ours', ...row.rivals] as const) {
      expect(scenario.commands[tool], tool).toBeDefined()
    }
  })

  test('its templates name only what there is', () => {
    const words = {
      repo: 'REPO',
      algorithm: row.algorithm,
      input: 'INPUT',
      present: row.present ?? '',
      output: 'OUTPUT',
      registry: 'HOST/NAME',
    }
    for (const template of [...scenario.setup, ...Object.values(scenario.commands)]) {
      expect(fillTemplate(template, words).join(' ')).not.toMatch(/[{}]/)
    }
  })

  test('has what is there beforehand, if its scenario wants that', () => {
    const wanted = scenario.setup.some(template => template.includes('{present}'))
    expect(row.present !== undefined).toBe(wanted)
  })
})

test('--quick has a pull, a check and the starts', () => {
  expect(ROWS.filter(({ quick }) => quick).map(({ scenario }) => scenario)).toEqual([
    'pull',
    'pull',
    'fsck',
    'help',
    'images',
  ])
})
