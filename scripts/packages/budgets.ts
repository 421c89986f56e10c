/** Most that a package may have, in KiB. */
export interface Budget {
  /** The tarball that is downloaded: code, maps, declarations, sources. */
  readonly packed: number
  /** Code of all its entries, bundled without its dependencies and minified. */
  readonly minified: number
}

/** Some room above what they had. Who needs more says in the commit what for. */
export const BUDGETS: Readonly<Record<string, Budget>> = {
  '@composefs/bytes': { packed: 13, minified: 4 },
  '@composefs/erofs': { packed: 130, minified: 65 },
  '@composefs/fsverity': { packed: 30, minified: 11 },
  '@composefs/linux': { packed: 110, minified: 48 },
  '@composefs/oci': { packed: 570, minified: 290 },
  '@composefs/registry': { packed: 145, minified: 70 },
  '@composefs/report': { packed: 110, minified: 75 },
  '@composefs/repository': { packed: 230, minified: 110 },
  '@composefs/splitstream': { packed: 47, minified: 20 },
  '@composefs/threads': { packed: 38, minified: 14 },
  '@composefs/tree': { packed: 125, minified: 65 },
  cfsctl: { packed: 2850, minified: 1650 },
}
