import type { Command } from '../command.ts'
import { SHELLS } from '../completion/shells.ts'

export const completion = {
  words: ['completion'],
  group: 'Help',
  summary: 'Print a completion script for a shell',
  description: [
    'The script completes commands, options and values: tags, digests, names and ids are those of the repository that --repo or CFSCTL_REPO names. It also serves mkcomposefs, composefs-info and mount.composefs.',
    'COMPLETE=SHELL cfsctl prints the same script.',
  ],
  positionals: [{ name: 'shell', completes: SHELLS, summary: 'bash, zsh or fish' }],
  options: [],
  examples: [
    'source <(cfsctl completion bash)',
    'cfsctl completion zsh > ~/.zfunc/_cfsctl',
    'cfsctl completion fish > ~/.config/fish/completions/cfsctl.fish',
  ],
} as const satisfies Command
