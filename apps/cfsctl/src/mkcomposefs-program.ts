import type { Program } from './arguments/program.ts'
import { bundled } from './bundled.ts'
import { mkcomposefs } from './commands/mkcomposefs.ts'

const trees = bundled(() => import('./bundles/trees.ts'))

export const mkcomposefsProgram: Program = {
  name: 'mkcomposefs',
  summary: mkcomposefs.summary,
  globals: [],
  commands: [trees(mkcomposefs, 'mkcomposefs')],
  planned: [],
  families: {},
  isCTool: true,
}
