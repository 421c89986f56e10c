import type { Program } from './arguments/program.ts'
import { bundled } from './bundled.ts'
import { mountComposefs } from './commands/mount-composefs.ts'

const mounting = bundled(() => import('./bundles/mount.ts'))

export const mountComposefsProgram: Program = {
  name: 'mount.composefs',
  summary: mountComposefs.summary,
  globals: [],
  commands: [mounting(mountComposefs, 'mountComposefs')],
  planned: [],
  families: {},
  isCTool: true,
}
