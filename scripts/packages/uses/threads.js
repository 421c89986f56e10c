import { Slots } from '@composefs/threads'
import { serveSlots } from '@composefs/threads/helper'

const slots = new Slots({
  createWork: () => ({
    run(kind, data, result) {
      result[0] = data.reduce((sum, byte) => sum + byte, kind)
    },
    advance() {},
  }),
})
const lane = slots.lane({
  onDone(slot) {
    console.log(slot.result(0)[0])
  },
})
const slot = await lane.take()
slot.data.set([1, 2, 3])
slot.add(1, 0, 3)
lane.publish(undefined)
await lane.drain()
await slots.close()
console.log(typeof serveSlots)
