import { median } from '../measure/statistics.ts'
import type { Row } from '../rows/row.ts'
import { mebibytes, type RowResult, seconds } from '../run/result.ts'
import type { Tool } from '../tools.ts'
import { showMebibytes, showSeconds } from './cells.ts'

/** A row where a peer needs less than we do. */
export interface Loss {
  readonly row: Row
  readonly peer: Tool
  /** Seconds or MiB. */
  readonly ours: number
  readonly theirs: number
}

/** Every comparison that we lose, the worst first. A node that does nothing is no peer. */
function findLosses(rows: readonly Row[], results: readonly RowResult[]): Loss[] {
  const losses = rows.flatMap(row => {
    const sides = results.find(result => result.row === row.name)?.sides
    const value = row.metric === 'time' ? seconds : mebibytes
    const ours = sides?.ours ?? []
    return row.rivals.flatMap(peer => {
      const theirs = sides?.[peer] ?? []
      if (peer === 'node' || ours.length === 0 || theirs.length === 0) return []
      const loss = { row, peer, ours: median(ours.map(value)), theirs: median(theirs.map(value)) }
      return loss.ours > loss.theirs ? [loss] : []
    })
  })
  return losses.toSorted((a, b) => b.ours / b.theirs - a.ours / a.theirs)
}

/** Where we lose and why, for the page. */
export function renderLosses(rows: readonly Row[], results: readonly RowResult[]): string {
  const losses = findLosses(rows, results)
  const lines = losses.map(({ row, peer, ours, theirs }) => {
    const show = row.metric === 'time' ? showSeconds : showMebibytes
    return `- ${row.name}: ${show(ours)}, ${peer} ${show(theirs)}`
  })
  const measured = lines.length === 0 ? 'In this run: nowhere.' : 'In this run, the worst first:'
  return [
    `## Where we lose\n\n${WHY}`,
    measured,
    ...(lines.length > 0 ? [lines.join('\n')] : []),
  ].join('\n\n')
}

const WHY = `Some of it no work on the program changes:

- Start-up. Node takes its time before the first line of a program runs, several times that of a whole \`cfsctl --help\`.
  Whatever the peer does in less than 50 ms, it does faster.
- Memory. Node, its compiled code, another thread and the slots that threads share are there before the first file; on an
  ordinary image the peer takes less than all that.
- A few large files in memory, with sha512: both sides wait for the same hash, and we hash each layer once more.
- The first second. The program's code is compiled while it runs. What it does for each of some thousand files, it does at
  a fraction of its later speed, and V8's compilers take a tenth of the processor time beside it. Of a pull of \`rootfs\`,
  hashing, decompression and the kernel are some 60 %, most of which the peer has too; most of the rest is this. It is why
  \`fsck\`, \`create-image\` and an image of ten thousand entries lose, and one of a million does not.
- The second thread. It takes 50 ms of a processor until it works, and it has nothing to do at the end, while the image is
  made: for a tenth of a second at both ends one processor stands still.`
