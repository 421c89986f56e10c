// What a helper thread loads, and nothing else: threads start fast and are small.
export { serveSlots } from './serve-slots.ts'
export { RESULT_SIZE, type SharedSlots } from './slot-memory.ts'
export type { Work } from './work.ts'
