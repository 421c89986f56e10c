/** Shells that there is a script for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

/** Programs that the scripts are for: cfsctl, and by their own names what it also is. */
export const TOOL_NAMES = ['mkcomposefs', 'composefs-info', 'mount.composefs'] as const
