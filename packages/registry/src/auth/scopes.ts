/** What is wanted of a repository. */
export type Actions = 'pull' | 'pull,push'

/** The scope of a token: `repository:NAME:pull`. */
export function repositoryScope(repository: string, actions: Actions): string {
  return `repository:${repository}:${actions}`
}

/** A registry that wants more than this in one token wants too much. */
const SCOPES_MAX = 16

/**
 * Puts scopes together, the actions of a resource united, as the challenge of a registry may ask for more than we
 * know of.
 */
export function mergeScopes(scopes: readonly string[]): string[] {
  const actionsOf = new Map<string, Set<string>>()
  for (const scope of scopes.flatMap(text => text.split(/[ \t]+/)).slice(0, SCOPES_MAX)) {
    const colon = scope.lastIndexOf(':')
    if (colon <= 0) continue
    const resource = scope.slice(0, colon)
    const actions = actionsOf.get(resource) ?? new Set()
    for (const action of scope.slice(colon + 1).split(',')) if (action !== '') actions.add(action)
    actionsOf.set(resource, actions)
  }
  return [...actionsOf].map(([resource, actions]) => `${resource}:${[...actions].join(',')}`)
}
