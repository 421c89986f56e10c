import type { Tool } from './arguments/program.ts'

/** Programs of their own that cfsctl also is, by another name or as its command. */
export const tools: readonly Tool[] = [
  {
    name: 'mkcomposefs',
    summary: 'Make an image from a directory or dump file',
    load: async () => (await import('./mkcomposefs-program.ts')).mkcomposefsProgram,
  },
  {
    name: 'composefs-info',
    summary: 'Look into images',
    load: async () => (await import('./composefs-info-program.ts')).composefsInfoProgram,
  },
  {
    name: 'mount.composefs',
    summary: 'Mount an image file, for mount(8)',
    load: async () => (await import('./mount-composefs-program.ts')).mountComposefsProgram,
  },
]
