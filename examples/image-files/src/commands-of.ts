/**
 * The command that made each layer, by the history of a config (OCI image spec, config.md). History is for people and
 * may be missing or wrong: layers without a command have none here.
 */
export function commandsOf(config: Uint8Array): (string | undefined)[] {
  // The library has checked that it is JSON, with each key once.
  const { history }: { history?: unknown } = JSON.parse(new TextDecoder().decode(config))
  if (!Array.isArray(history)) return []
  return history
    .filter(isOfLayer)
    .map(({ created_by }) => (typeof created_by === 'string' ? created_by : undefined))
}

function isOfLayer(entry: unknown): entry is { readonly created_by?: unknown } {
  return (
    typeof entry === 'object' &&
    entry !== null &&
    !('empty_layer' in entry && entry.empty_layer === true)
  )
}
