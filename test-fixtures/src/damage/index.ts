export { type Damage, type DamageKind, damagesOf, type Place } from './damages.ts'
export { type DirectoryEntry, entriesBelow } from './entries.ts'
export { createMaterial, type Material } from './material.ts'
export { snapshot } from './snapshot.ts'
