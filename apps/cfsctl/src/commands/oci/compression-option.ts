import type { Option } from '../../command.ts'

/** How layers are packed of which only the contents are stored. */
export const compressionOption = {
  name: 'compression',
  value: { kind: 'choice', choices: ['gzip', 'zstd', 'none'], label: 'KIND' },
  summary: 'How to pack layers whose packed form is neither kept nor there; default: gzip',
} as const satisfies Option
