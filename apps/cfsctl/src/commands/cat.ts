import type { Command } from '../command.ts'

export const cat = {
  words: ['cat'],
  group: 'Repository',
  summary: 'Write the content of a stream, byte for byte',
  positionals: [
    {
      name: 'name',
      completes: 'stream',
      summary: "Name of the stream: 'oci-layer-sha256:…', or 'refs/NAME'",
    },
  ],
  options: [],
  exits: { 3: 'no such stream' },
  examples: ['cfsctl cat oci-layer-sha256:4c8f… > layer.tar'],
  upstream: { words: 'cat' },
} as const satisfies Command
