/**
 * A thousand pulls of images with many tiny and some large files in one process, half of them aborted somewhere: ids
 * are compared, and what the process holds is printed.
 *
 *     node --conditions=composefs-source --no-warnings --expose-gc packages/oci/bench/stress-pulls.ts \
 *       [--pulls N] [--threads N] [--slots N]
 *
 * Everything lies in TMPDIR.
 */
import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'
import { stressPulls } from '../test/stress-pulls.ts'

const { values } = parseArgs({
  options: {
    pulls: { type: 'string', default: '1000' },
    threads: { type: 'string', default: '1' },
    slots: { type: 'string', default: '8' },
  },
})
const started = performance.now()
let next = 0
const last = await stressPulls({
  directory: tmpdir(),
  threads: Number(values.threads),
  slotCount: Number(values.slots),
  pulls: Number(values.pulls),
  onRepository({ pulls, aborted, descriptors, residentMegabytes }) {
    if (pulls < next) return
    next = pulls + Number(values.pulls) / 20
    console.log(
      `${pulls} pulls, ${aborted} aborted: ${descriptors} descriptors, ${residentMegabytes} MiB`,
    )
  },
})
const seconds = ((performance.now() - started) / 1000).toFixed(0)
console.log(`${last.pulls} pulls, ${last.aborted} aborted, all ids right, ${seconds} s`)
