/** What is done with the bytes in slots. Each thread has one of its own. */
export interface Work {
  /**
   * Does one job. What it throws is the failure of the job alone.
   *
   * @param kind what is to be done, as the filler of the slot said; this package does not care
   * @param data the bytes of the job, in shared memory: not to be changed, and not to be kept
   * @param result RESULT_SIZE bytes, zeros: what the filler gets back
   */
  run(kind: number, data: Uint8Array, result: Uint8Array): void
  /**
   * Takes the next bytes of a chain: those of each slot of a lane, in order, one thread at a time. What it throws ends
   * the lane: the chain has a gap.
   *
   * @param chain the handle that the lane was opened with: something that all threads can reach, an address
   */
  advance(chain: number, data: Uint8Array): void
}
