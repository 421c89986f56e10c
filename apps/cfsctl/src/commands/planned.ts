import type { PlannedCommand } from '../command.ts'

/** Commands of later releases: the help lists them, and they end with exit 5. */
export const plannedCommands: readonly PlannedCommand[] = [
  { words: ['oci', 'prepare-boot'], summary: 'Set up booting of an image' },
  { words: ['oci', 'sign'], summary: 'Sign an image' },
  { words: ['oci', 'verify'], summary: 'Check the signatures of an image' },
  { words: ['oci', 'varlink'], summary: 'Serve the varlink interface' },
  { words: ['fetch'], summary: 'Fetch a stream over HTTP' },
  { words: ['ostree'], summary: 'Work with ostree commits' },
  { words: ['varlink'], summary: 'Serve the varlink interface' },
]
