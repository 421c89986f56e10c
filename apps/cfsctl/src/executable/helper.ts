import { loadBundle } from './load-bundle.ts'

// The entry of a helper thread of the executable.
loadBundle('./helper-thread.js')
