// Commands that put layers together again.
export * as ociCopy from '../commands/oci/copy-run.ts'
export * as ociExport from '../commands/oci/export-run.ts'
export * as ociPush from '../commands/oci/push-run.ts'
