import type { Hints } from './fact-hints.ts'

const WITHOUT_SKOPEO =
  'docker://, oci:, oci-archive: and docker-archive: are read without skopeo; docker save and podman save write the last'

/** What to do when skopeo, which reads the other transports, does not do it. */
export const SKOPEO_HINTS: Readonly<Record<string, Hints>> = {
  ERR_OCI_SKOPEO_MISSING: ({ program }) =>
    program === 'podman'
      ? ['install podman, through which the storage of a user is read, or run as root']
      : ['install skopeo, or say where it is by --skopeo PATH', WITHOUT_SKOPEO],
  ERR_OCI_SKOPEO_VERSION: () => [
    'skopeo from 1.6 on will do: --skopeo PATH names another one',
    WITHOUT_SKOPEO,
  ],
  ERR_OCI_SKOPEO_TIMEOUT: () => [
    'what was stored stays, and a second run goes on from there; --idle-timeout SEC waits longer',
  ],
  ERR_OCI_SKOPEO_ENDED: () => ['what was stored stays, and a second run goes on from there'],
}
