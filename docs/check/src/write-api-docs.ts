// `pnpm docs:api`: the API docs of all packages as HTML in docs/api. Ends with status 1 when docstrings are missing or wrong.
import { fileURLToPath } from 'node:url'
import { readApi } from './api-docs.ts'

const { application, project, findings } = await readApi()
for (const finding of findings) console.error(finding)
if (project === undefined || findings.length > 0) process.exit(1)
const directory = fileURLToPath(new URL('../../api', import.meta.url))
await application.generateDocs(project, directory)
console.log(directory)
