import type { Target } from '../target.ts'
import { dumpTarget } from './dump.ts'
import { erofsTarget } from './erofs.ts'
import { jsonTarget } from './json.ts'
import { metadataTarget } from './metadata.ts'
import { isTargetName, type TargetName } from './names.ts'
import { splitstreamTarget } from './splitstream.ts'
import { tarTarget } from './tar.ts'

const TARGETS: Readonly<Record<TargetName, Target>> = {
  tar: tarTarget,
  splitstream: splitstreamTarget,
  erofs: erofsTarget,
  dump: dumpTarget,
  json: jsonTarget,
  metadata: metadataTarget,
}

export function findTarget(name: string): Target {
  if (isTargetName(name)) return TARGETS[name]
  throw new RangeError(`no target ${name}`)
}
