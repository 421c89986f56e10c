import { fileURLToPath } from 'node:url'

/** The directory of the golden vectors, each group with an index.json. */
export const vectorsDirectory = fileURLToPath(new URL('../vectors/', import.meta.url))
