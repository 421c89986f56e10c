// Commands that mount.

export * as mountComposefs from '../commands/mount-composefs-run.ts'
export * as mount from '../commands/mount-run.ts'
export * as mounts from '../commands/mounts-run.ts'
export * as ociMount from '../commands/oci/mount-run.ts'
