export { type FailedCall, FaultPlan, type FaultPlanOptions } from './faults/fault-plan.ts'
export { FILE_SYSTEM_CALLS, injectFileSystemFaults } from './faults/faulty-file-system.ts'
export { createFaultySystem } from './faults/faulty-system.ts'
