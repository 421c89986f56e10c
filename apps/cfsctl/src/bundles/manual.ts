// Manual pages: everything that the table says, and nothing that works on repositories.
export * as man from '../commands/man-run.ts'
