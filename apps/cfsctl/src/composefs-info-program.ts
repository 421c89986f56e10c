import type { Program } from './arguments/program.ts'
import { bundled } from './bundled.ts'
import {
  infoDump,
  infoLs,
  infoMeasureFile,
  infoMissingObjects,
  infoObjects,
  infoOptions,
} from './commands/composefs-info.ts'

const info = bundled(async () => (await import('./bundles/trees.ts')).composefsInfo)

export const composefsInfoProgram: Program = {
  name: 'composefs-info',
  summary: 'Look into composefs images',
  globals: infoOptions,
  commands: [
    info(infoLs, 'ls'),
    info(infoDump, 'dump'),
    info(infoObjects, 'objects'),
    info(infoMissingObjects, 'missingObjects'),
    info(infoMeasureFile, 'measureFile'),
  ],
  planned: [],
  families: {},
  isCTool: true,
}
