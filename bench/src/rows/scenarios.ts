import type { Tool } from '../tools.ts'

/** Arguments of a tool; what is in braces is replaced: see `Words`. */
export type Template = string

/** What a template can name. */
export interface Words {
  readonly repo: string
  readonly algorithm: string
  readonly input: string
  readonly present: string
  /** A path below the directory of the sample where nothing is yet. */
  readonly output: string
  /** Host and port of the registry. */
  readonly registry: string
}

/** How the result is compared: see `check/`. */
export type CheckName = 'repositories' | 'output-files' | 'exit-status'

/** One kind of measurement. */
export interface Scenario {
  /** What a sample needs before its time begins, made by the same tool. */
  readonly setup: readonly Template[]
  /** What is measured. A tool without a template does not take part. */
  readonly commands: Readonly<Partial<Record<Tool, Template>>>
  /** The command leaves the repository as it is: one repository serves all samples. */
  readonly readsOnly?: true
  readonly check: CheckName
}

const INIT = '--repo {repo} init --algorithm fsverity-{algorithm}-12 --insecure'
const PULL = '--repo {repo} oci pull oci:{input}:bench bench'
const PULL_PRESENT = '--repo {repo} oci pull oci:{present}:bench present'
const PULL_DOCKER = '--repo {repo} oci pull docker://{registry}:bench bench'

const both = (template: Template) => ({ ours: template, cfsctl: template })

const pull = {
  setup: [INIT],
  commands: both(PULL),
  check: 'repositories',
} as const satisfies Scenario

/** Every kind of measurement. All repositories are insecure: tmpfs has no fs-verity. */
export const SCENARIOS = {
  /** Into an empty repository. */
  pull,
  /** Other layers with the same files are there. */
  'pull-present': { ...pull, setup: [INIT, PULL_PRESENT] },
  /** The same image is there. */
  'pull-again': { ...pull, setup: [INIT, PULL], commands: both(PULL), readsOnly: true },
  'pull-registry': {
    setup: [INIT],
    commands: {
      ...both(PULL_DOCKER),
      skopeo: 'copy --src-tls-verify=false docker://{registry}:bench dir:{output}',
    },
    check: 'repositories',
  },
  'create-image': {
    setup: [INIT],
    commands: both('--repo {repo} create-image {input} bench'),
    check: 'repositories',
  },
  fsck: {
    setup: [INIT, PULL],
    commands: both('--repo {repo} fsck'),
    readsOnly: true,
    check: 'exit-status',
  },
  /** Nothing is garbage any more when the time begins: the peer's pull leaves some. */
  gc: {
    setup: [INIT, PULL, '--repo {repo} gc'],
    commands: both('--repo {repo} gc'),
    readsOnly: true,
    check: 'repositories',
  },
  images: {
    setup: [INIT, PULL],
    commands: { ...both('--repo {repo} oci images'), node: '' },
    readsOnly: true,
    check: 'exit-status',
  },
  help: { setup: [], commands: { ...both('--help'), node: '' }, check: 'exit-status' },
  'dump-to-image': {
    setup: [],
    commands: {
      ours: 'mkcomposefs --from-file {input} {output}',
      mkcomposefs: '--from-file {input} {output}',
    },
    check: 'output-files',
  },
} as const satisfies Readonly<Record<string, Scenario>>

export type ScenarioName = keyof typeof SCENARIOS

/** The arguments that a template stands for. No word of it may hold a space. */
export function fillTemplate(template: Template, words: Words): string[] {
  return template
    .replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      if (!(name in words)) throw new RangeError(`no word {${name}}`)
      return words[name as keyof Words]
    })
    .split(' ')
    .filter(word => word !== '')
}
