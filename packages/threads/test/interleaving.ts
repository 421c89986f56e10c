const OPERATIONS = ['load', 'store', 'compareExchange', 'sub'] as const

type Operation = (...args: unknown[]) => unknown

/**
 * Calls `between` before each atomic operation of what runs in this thread: what it does there is what other threads do
 * while this one sleeps between two instructions. Their operations do the same, `depth` sleepers deep.
 */
export function interleaved<T>(between: () => void, run: () => T, depth = 1): T {
  const atomics = Atomics as unknown as Record<string, Operation>
  const originals = OPERATIONS.map(name => [name, atomics[name] as Operation] as const)
  let sleepers = 0
  for (const [name, original] of originals) {
    atomics[name] = (...args) => {
      if (sleepers < depth) {
        sleepers += 1
        try {
          between()
        } finally {
          sleepers -= 1
        }
      }
      return original(...args)
    }
  }
  try {
    return run()
  } finally {
    for (const [name, original] of originals) atomics[name] = original
  }
}
