import type { Slot } from '@composefs/threads'
import type { ObjectIntake, PutResult } from '../../src/index.ts'

/** Puts contents through slots, as many as fit into each, and returns what became of them. */
export async function putAll(
  intake: ObjectIntake,
  contents: readonly Uint8Array[],
): Promise<PutResult[]> {
  const results: PutResult[] = []
  type Put = { readonly job: number; readonly size: number }
  const lane = intake.slots.lane<readonly Put[]>({
    onDone(slot, puts) {
      for (const { job, size } of puts) results.push(intake.result(slot, job, size))
    },
  })
  try {
    let slot: Slot | undefined
    let puts: Put[] = []
    let end = 0
    for (const data of contents) {
      let job = slot !== undefined && fits(slot, end, data) ? add(slot, end, data) : undefined
      if (job === undefined) {
        if (slot !== undefined) lane.publish(puts)
        slot = await lane.take()
        puts = []
        end = 0
        job = add(slot, end, data)
      }
      puts.push({ job: job ?? -1, size: data.length })
      end += data.length
    }
    if (slot !== undefined) lane.publish(puts)
    await lane.drain()
  } finally {
    await lane.abort()
  }
  return results

  function add(into: Slot, at: number, data: Uint8Array): number | undefined {
    into.data.set(data, at)
    return into.add(intake.contentJob, at, data.length)
  }
}

const fits = (slot: Slot, end: number, data: Uint8Array) => end + data.length <= slot.data.length
