import { Digest } from '@composefs/fsverity'
import type { ObjectIntake, ObjectStore } from '@composefs/repository'
import { Slots } from '@composefs/threads'

/** An intake into the memory of this thread. */
export function memoryIntake(objects: ObjectStore): ObjectIntake {
  const { algorithm } = objects
  const slots = new Slots({
    createWork: () => ({
      run(_, data, result) {
        const { digest, isNew } = objects.put(data)
        result.set(digest.bytes)
        result[algorithm.digestSize] = isNew ? 1 : 0
      },
      advance() {},
    }),
  })
  return {
    slots,
    algorithm,
    contentJob: 1,
    // The store hashes what is written: no leaves.
    leafSize: 0,
    result(slot, job, size) {
      const result = slot.result(job)
      const digest = new Digest(algorithm, result.slice(0, algorithm.digestSize))
      return { digest, isNew: result[algorithm.digestSize] === 1, size }
    },
    openLarge() {
      const writer = objects.create()
      return {
        write: data => writer.write(data),
        addLeaf() {},
        finish: () => writer.finish(),
        abort: () => writer.abort(),
      }
    },
  }
}
