import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'

/** Files of kinds that are made by programs and servers, to be given more names. */
export interface Material {
  readonly fifo: string
  readonly socket: string
  /** A device that can be read for ever; undefined where only root could make it. */
  readonly device: string | undefined
  /** Ends what keeps the socket. */
  close(): void
}

/** Makes one file of each kind in a directory, on the file system of what is going to be damaged. */
export async function createMaterial(directory: string): Promise<Material> {
  const [fifo, socket, device] = [
    join(directory, 'fifo'),
    join(directory, 'socket'),
    join(directory, 'device'),
  ]
  run('mkfifo', fifo)
  const server = createServer().listen(socket)
  await once(server, 'listening')
  server.unref()
  const isRoot = process.geteuid?.() === 0
  if (isRoot) run('mknod', device, 'c', '1', '5')
  return { fifo, socket, device: isRoot ? device : undefined, close: () => server.close() }
}

function run(program: string, ...args: readonly string[]): void {
  const { status, error, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`)
}
