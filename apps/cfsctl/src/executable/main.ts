import type { main as Main } from '../run-program.ts'
import { loadBundle } from './load-bundle.ts'

// The entry of the executable for hosts without Node. `src/main.ts` looks at the version of Node and sets up a cache of
// compiled code first; here both are inside.
const { main } = loadBundle('./program.js') as { main: typeof Main }
void main(process.argv.slice(1)).then(status => process.exit(status))
