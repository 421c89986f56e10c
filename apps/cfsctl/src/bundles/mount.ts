// Commands that mount.
export * as mount from '../commands/mount-run.ts'
export * as ociMount from '../commands/oci/mount-run.ts'
