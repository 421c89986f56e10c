// What a thread that computes digests loads, and nothing else: threads start fast and are small.
export { serveDigests } from './check/serve-digests.ts'
