import type { Reporter, TestModule } from 'vitest/node'

/** Ends a run with one plain line of counts, and with the reasons of what was skipped. */
export class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0 }
    const skippedGroups = new Set<string>()
    let brokenFiles = 0
    for (const module of modules) {
      if (module.state() === 'failed' && module.errors().length > 0) brokenFiles++
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state !== 'pending') counts[state]++
        if (state === 'skipped') {
          const group = test.parent.type === 'suite' ? test.parent.fullName : test.fullName
          skippedGroups.add(`${module.relativeModuleId}: ${group}`)
        }
      }
    }
    for (const group of skippedGroups) console.log(`skipped: ${group}`)
    console.log(
      `${counts.passed} passed, ${counts.failed + brokenFiles} failed, ${counts.skipped} skipped`,
    )
  }
}
