import { defineConfig } from 'vitest/config'
import { CountReporter } from './scripts/count-reporter.ts'

export default defineConfig({
  test: {
    projects: [
      'packages/*',
      'apps/*',
      'action',
      'bench',
      'docs/check',
      'examples/*/vitest.config.ts',
      'runtimes',
      'test-fixtures',
      'scripts',
    ],
    reporters: ['default', new CountReporter()],
  },
})
