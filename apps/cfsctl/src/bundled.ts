import type { Command } from './command.ts'
import type { RunModule, RunnableCommand } from './runnable-command.ts'

/** What a bundle may have for a command. */
type Runs = RunModule | RunModule['run']

/** The names of a bundle under which there is something that runs. */
type CommandName<Bundle> = {
  [Name in keyof Bundle]: Bundle[Name] extends Runs ? Name : never
}[keyof Bundle]

/**
 * Says that what commands do is in one file of the program, which is loaded with the first of them that runs.
 *
 * @example
 * const light = bundled(() => import('./bundles/light.ts'))
 * const commands = [light(init, 'init'), light(info, 'info')]
 */
export function bundled<Bundle>(
  load: () => Promise<Bundle>,
): (command: Command, name: CommandName<Bundle>) => RunnableCommand {
  return (command, name) => ({
    ...command,
    async load() {
      const part = (await load())[name] as Runs
      return typeof part === 'function' ? { run: part } : part
    },
  })
}
