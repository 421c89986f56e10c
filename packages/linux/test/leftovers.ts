import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { mounts } from '../src/index.ts'

/** What a mount may leave behind: mounts and files below `directory`, loop devices over them, descriptors. */
export function leftovers(directory: string): unknown {
  return {
    mounts: mounts()
      .filter(entry => entry.target.startsWith(directory))
      .map(entry => entry.target),
    files: readdirSync(directory).sort(),
    loops: loopDevices().filter(path => path.startsWith(directory)),
    descriptors: descriptors(),
  }
}

/** Files behind the loop devices of the machine. */
export function loopDevices(): string[] {
  return readdirSync('/sys/block')
    .filter(name => name.startsWith('loop'))
    .flatMap(name => {
      const file = quietly(() =>
        readFileSync(join('/sys/block', name, 'loop/backing_file'), 'utf8'),
      )
      return file === undefined ? [] : [file.trim()]
    })
}

/** What the descriptors of this process are, without those that come and go with the runtime. */
function descriptors(): string[] {
  return readdirSync('/proc/self/fd')
    .flatMap(name => quietly(() => readlinkSync(`/proc/self/fd/${name}`)) ?? [])
    .filter(target => !/^(?:pipe|socket):|^\/proc\/|event(?:fd|poll)|io_uring/.test(target))
    .sort()
}

function quietly<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
