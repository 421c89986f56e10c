/** Standard input; reading ends with an error when the signal is aborted. */
export function openInput(signal: AbortSignal): AsyncIterable<Uint8Array> {
  // Loaded by those who read: streams take milliseconds.
  const { addAbortSignal } = process.getBuiltinModule('node:stream')
  return addAbortSignal(signal, process.stdin)
}
