import { createRequire } from 'node:module'
import type koffiType from 'koffi'

/** What the kernel counted of a process that is over, and of the children it waited for. */
export interface Usage {
  /** Of wait(2): exit status in bits 8 to 15, signal in bits 0 to 6. */
  readonly waitStatus: number
  /** Seconds. */
  readonly user: number
  /** Seconds. */
  readonly system: number
  /** KiB, of the largest of these processes. */
  readonly peakKibibytes: number
}

const EINTR = 4
const PR_SET_CHILD_SUBREAPER = 36
const RUSAGE_SIZE = 144

// koffi is CommonJS, and has to be loaded as such.
const koffi = createRequire(import.meta.url)('koffi') as typeof koffiType
const libc = koffi.load(null)
const wait4Function = libc.func('int wait4(int, int *, int, void *)')
const prctl = libc.func(
  'int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)',
)

/** Makes this process the parent of descendants whose own parent ends, so that it can wait for them. */
export function adoptDescendants(): void {
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) !== 0) throw new Error('prctl failed')
}

/** Waits for a child, in a thread of its own, so that this one still hears signals. */
export async function wait4(pid: number): Promise<Usage> {
  const status = new Int32Array(1)
  const rusage = new Uint8Array(RUSAGE_SIZE)
  for (;;) {
    const errno = await new Promise<number>((resolve, reject) => {
      wait4Function.async(pid, status, 0, rusage, (error: Error | null, result: number) => {
        if (error) reject(error)
        else resolve(result === pid ? 0 : koffi.errno() || EINTR)
      })
    })
    if (errno === 0) break
    if (errno !== EINTR) throw new Error(`wait4 of ${pid}: errno ${errno}`)
  }
  const view = new DataView(rusage.buffer)
  const seconds = (at: number) =>
    Number(view.getBigInt64(at, true)) + Number(view.getBigInt64(at + 8, true)) / 1e6
  return {
    waitStatus: status[0] ?? 0,
    user: seconds(0),
    system: seconds(16),
    peakKibibytes: Number(view.getBigInt64(32, true)),
  }
}
