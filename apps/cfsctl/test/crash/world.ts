import { lutimesSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { serveLayout, startStaticRegistry } from '@composefs/test-fixtures/registry'
import { registryEnvironment } from '../registry-environment.ts'
import { IMAGE_NAMES, writeImages } from './images.ts'
import { buildProgram, type Program, runWell } from './program.ts'

export const SCENARIO_NAMES = ['pull', 'pull-registry', 'copy', 'seal', 'gc', 'tag'] as const

/** A command that is disturbed. Done twice it has the same result as done once. */
export interface Scenario {
  readonly name: (typeof SCENARIO_NAMES)[number]
  /** The repository it starts from. */
  readonly before: string
  /** The command, for a copy of that repository. */
  words(repository: string): readonly string[]
}

/** What the tests work with: images, a registry, repositories to start from. */
export interface World {
  readonly directory: string
  readonly program: Program
  readonly environment: Readonly<Record<string, string>>
  readonly scenarios: readonly Scenario[]
  /** Directories that hold images and repositories: calls that touch them are of interest. */
  readonly watched: readonly string[]
  /** Where a pull finds an image, on this machine or in the registry. */
  local(image: string): string
  remote(image: string): string
  /** The words that run our program on a repository. */
  command(repository: string, ...words: readonly string[]): string[]
  close(): Promise<void>
}

/** Two days: garbage collection leaves young temporary files alone. */
const OLD_SECONDS = 2 * 24 * 60 * 60

/** Makes everything below an empty `directory`, the program included. Nothing but the compiler's cache changes later. */
export async function makeWorld(directory: string): Promise<World> {
  const built = join(directory, 'program')
  mkdirSync(built)
  const program = await buildProgram(built)
  const layouts = join(directory, 'layouts')
  const repositories = join(directory, 'repositories')
  await writeImages(layouts)
  const registry = await startStaticRegistry()
  for (const image of IMAGE_NAMES) registry.serve(image, serveLayout(join(layouts, image)))
  const environment = {
    ...registryEnvironment(directory, [registry.host]),
    NODE_COMPILE_CACHE: join(directory, 'compiled'),
  }
  const local = (image: string) => `oci:${join(layouts, image)}:t`
  const remote = (image: string) => `docker://${registry.host}/${image}:t`
  const command = (repository: string, ...words: readonly string[]) => [
    ...program,
    ...['--repo', repository, ...words],
  ]

  const [fresh, one, two, littered] = ['fresh', 'one', 'two', 'littered'].map(name =>
    join(repositories, name),
  ) as [string, string, string, string]
  const ours = (...words: readonly string[]) => runWell([...program, ...words], { environment })
  const copy = (from: string, to: string) => runWell(['cp', '-a', from, to])
  await ours('init', '--insecure', fresh)
  await copy(fresh, one)
  await ours('--repo', one, 'oci', 'pull', local('other'), 'other')
  await copy(one, two)
  await ours('--repo', two, 'oci', 'pull', local('app'), 'app')
  await copy(two, littered)
  await ours('--repo', littered, 'oci', 'pull', local('tool'), 'tool')
  await ours('--repo', littered, 'oci', 'untag', 'tool')
  leaveTemporaries(littered)

  const scenarios: readonly Scenario[] = [
    {
      name: 'pull',
      before: one,
      words: repository => command(repository, 'oci', 'pull', local('app'), 'app'),
    },
    {
      name: 'pull-registry',
      before: one,
      words: repository => command(repository, 'oci', 'pull', remote('app'), 'app'),
    },
    {
      name: 'copy',
      before: one,
      words: repository =>
        command(repository, 'oci', 'copy', 'app', '--from', two, '--name', 'app'),
    },
    { name: 'seal', before: two, words: repository => command(repository, 'oci', 'seal', 'app') },
    { name: 'gc', before: littered, words: repository => command(repository, 'gc') },
    {
      name: 'tag',
      before: two,
      words: repository => command(repository, 'oci', 'tag', 'app', 'other'),
    },
  ]
  return {
    directory,
    program,
    environment,
    scenarios,
    watched: [layouts, repositories],
    local,
    remote,
    command,
    close: () => registry.stop(),
  }
}

/** What writers leave that died days ago. */
function leaveTemporaries(repository: string): void {
  const then = Date.now() / 1000 - OLD_SECONDS
  const link = join(repository, '.symlink-abcdefABCDEF')
  symlinkSync('../objects/nothing', link)
  lutimesSync(link, then, then)
  const object = join(repository, 'objects', '.tmp-object-abcdefABCDEF')
  writeFileSync(object, 'the beginning of an object')
  utimesSync(object, then, then)
}
