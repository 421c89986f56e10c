// Commands that take layers apart.
export * as ociDigests from '../commands/oci/digests-run.ts'
export * as ociImportLayer from '../commands/oci/import-layer-run.ts'
export * as ociPull from '../commands/oci/pull-run.ts'
