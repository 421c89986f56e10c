/** How long the end of a source is waited for, in ms: files end at once, sockets when they are told to. */
const GRACE = 1000

/**
 * Closes an iterator before its end, for whoever is about to throw an error of its own. While the next value is on its
 * way a generator cannot be closed, and the value may never come: the wait has an end, and what the closing says is of
 * no interest.
 */
export async function closeSoon(iterator: AsyncIterator<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<void>(resolve => {
    timer = setTimeout(resolve, GRACE)
  })
  const closing = Promise.resolve(iterator.return?.()).catch(() => {})
  await Promise.race([closing, patience])
  clearTimeout(timer)
}
