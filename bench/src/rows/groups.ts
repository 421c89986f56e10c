import type { Row } from './row.ts'

const GROUPS = ['Pull', 'Pull from a registry', 'Other commands', 'Start-up', 'Memory'] as const

type GroupName = (typeof GROUPS)[number]

/** The rows by the parts of the report, in its order; parts without rows are left out. */
export function groupRows(rows: readonly Row[]): { title: GroupName; rows: Row[] }[] {
  return GROUPS.map(title => ({
    title,
    rows: rows.filter(row => groupOf(row) === title),
  })).filter(group => group.rows.length > 0)
}

function groupOf(row: Row): GroupName {
  if (row.metric === 'memory') return 'Memory'
  if (row.scenario === 'pull-registry') return 'Pull from a registry'
  if (row.scenario.startsWith('pull')) return 'Pull'
  if (row.scenario === 'help' || row.scenario === 'images') return 'Start-up'
  return 'Other commands'
}
