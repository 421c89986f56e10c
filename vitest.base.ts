import { defineConfig } from 'vitest/config'

// Tests read the sources of the other packages, so nothing needs building first.
const conditions = ['composefs-source', 'module', 'node', 'development|production']

/** In the virtual machine of scripts/verity-vm everything takes some twenty times as long. */
const isEmulated = process.env.VERITY_VM !== undefined

/** The vitest settings of one package. */
export function projectConfig(name: string) {
  return defineConfig({
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    test: {
      name,
      include: ['test/**/*.test.ts'],
      testTimeout: isEmulated ? 600_000 : 60_000,
      hookTimeout: isEmulated ? 600_000 : 120_000,
      passWithNoTests: true,
    },
  })
}
