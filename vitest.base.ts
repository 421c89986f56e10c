import { defineConfig } from 'vitest/config'

// Tests read the sources of the other packages, so nothing needs building first.
const conditions = ['composefs-source', 'module', 'node', 'development|production']

/** The vitest settings of one package. */
export function projectConfig(name: string) {
  return defineConfig({
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    test: {
      name,
      include: ['test/**/*.test.ts'],
      testTimeout: 60_000,
      hookTimeout: 120_000,
      passWithNoTests: true,
    },
  })
}
