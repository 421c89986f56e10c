import type { Hints } from './fact-hints.ts'

/** What to do about an error between us and a registry, by the code of the package. */
export const REGISTRY_HINTS: Readonly<Record<string, Hints>> = {
  ERR_REGISTRY_UNQUALIFIED: ({ choices }) => {
    const [first, ...others] = (Array.isArray(choices) ? choices : []).map(
      name => `docker://${name}`,
    )
    return [
      `name the registry: ${first ?? 'docker://HOST/NAME'}`,
      ...(others.length === 0 ? [] : [`or, by registries.conf: ${others.slice(0, 4).join(', ')}`]),
    ]
  },
  ERR_REGISTRY_BLOCKED: ({ path }) => [`registries.conf decides that: see ${path}`],
  ERR_REGISTRY_UNAUTHORIZED: ({ registry }) => [
    `log in by podman login ${registry ?? 'HOST'}, or name a file with credentials by --authfile FILE`,
    'many registries answer the same for a repository that does not exist',
  ],
  ERR_REGISTRY_NOT_FOUND: ({ registry, repository }) =>
    registry === undefined || repository === undefined
      ? []
      : [`skopeo list-tags docker://${registry}/${repository} lists the tags there are`],
  ERR_REGISTRY_TLS: ({ registry }) => [
    `--cert-dir DIR trusts the authorities in DIR/*.crt; /etc/containers/certs.d/${registry ?? 'HOST'}/*.crt is trusted always`,
    '--tls-verify=false goes on without a proof, or by plain HTTP: whoever is between can read the credentials, and hand out another image unless it is named by its digest',
  ],
  ERR_REGISTRY_TIMEOUT: () => [
    '--idle-timeout SEC waits longer, --retry N tries more often',
    'layers that were stored stay, and a second run goes on from there',
  ],
  ERR_REGISTRY_TOO_MANY_REQUESTS: ({ registry }) => [
    `registries allow more to those who log in: podman login ${registry ?? 'HOST'}, or --authfile FILE`,
    'layers that were stored stay, and a later run goes on from there',
  ],
  ERR_REGISTRY_UNAVAILABLE: () => [
    '--retry N tries more often; layers that were stored stay, and a later run goes on from there',
  ],
}

/**
 * What an image might be meant to be that was named without a transport; undefined for what is no name of an image.
 * Docker Hub is what other programs take a name without a registry for.
 */
export function registryNameOf(reference: unknown): string | undefined {
  if (typeof reference !== 'string') return undefined
  if (!/^[a-z0-9][a-z0-9.:_/-]*(?::\w[\w.-]*)?(?:@sha256:[0-9a-f]{64})?$/.test(reference))
    return undefined
  const slash = reference.indexOf('/')
  const first = reference.slice(0, Math.max(slash, 0))
  if (/[.:]/.test(first) || first === 'localhost') return `docker://${reference}`
  return `docker://docker.io/${slash < 0 ? 'library/' : ''}${reference}`
}
