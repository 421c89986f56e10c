// What a thread that does object jobs loads, and nothing else: threads start fast and are small.
export { createObjectWork, type ObjectWorkSetup } from './work/object-work.ts'
