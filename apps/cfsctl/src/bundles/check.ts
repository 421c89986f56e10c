// Commands that look at all objects.
export * as df from '../commands/df-run.ts'
export * as fsck from '../commands/fsck-run.ts'
export * as gc from '../commands/gc-run.ts'
export * as ociFsck from '../commands/oci/fsck-run.ts'
