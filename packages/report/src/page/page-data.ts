import type { Report, ReportProblem, ReportSubject, StoredObjects } from '../report.ts'
import type { SharedPart } from '../sharing.ts'
import { shownName } from '../shown-name.ts'
import type { NodeKind, View, ViewKind } from '../view.ts'

/** A view in columns, which is a third of what its nodes would take one by one. */
export interface PackedView {
  readonly kind: ViewKind
  readonly omitted: number
  readonly names: readonly string[]
  readonly parents: readonly number[]
  /** One letter a node. */
  readonly kinds: string
  readonly bytes: readonly number[]
  /** Of nodes with bytes that do not show: index, bytes, index, bytes… */
  readonly hidden: readonly number[]
  readonly files: readonly number[]
}

/** The letter of each kind of node. */
export const KIND_LETTERS: Readonly<Record<NodeKind, string>> = {
  directory: 'd',
  file: 'f',
  group: 'g',
}

export interface PageImage {
  readonly label: string
  readonly names: readonly string[]
  readonly kind: 'oci' | 'erofs' | 'tree'
  readonly imageId: string | null
  readonly manifestDigest: string | null
  readonly created: string | null
  readonly platform: string | null
  readonly files: number
  readonly directories: number
  readonly bytes: number
  readonly inlineBytes: number
  readonly hiddenBytes: number
  readonly layers: readonly number[]
  readonly objects: number
  readonly objectBytes: number
  readonly uniqueBytes: number
  readonly sharedBytes: number
}

/** What the script of the page reads: a report in JSON, with names as text. */
export interface PageData {
  readonly subject: ReportSubject
  /** RFC 3339. */
  readonly made: string | null
  readonly images: readonly PageImage[]
  readonly layers: readonly {
    readonly diffId: string
    readonly files: number
    readonly bytes: number
    readonly hiddenBytes: number
    readonly images: readonly number[]
  }[]
  readonly objects: { readonly objects: number; readonly bytes: number }
  readonly stored: StoredObjects | null
  readonly shared: readonly SharedPart[]
  readonly largest: {
    readonly total: number
    readonly rows: readonly {
      readonly path: string
      readonly bytes: number
      readonly layer: number | null
      readonly images: number
    }[]
  }
  readonly duplicates: {
    readonly total: number
    readonly repeatedBytes: number
    readonly rows: readonly {
      readonly object: string
      readonly bytes: number
      readonly copies: number
      readonly layers: number
      readonly repeatedBytes: number
      readonly places: readonly { readonly layer: number | null; readonly path: string }[]
    }[]
  }
  readonly hidden: {
    readonly total: number
    readonly bytes: number
    readonly rows: readonly {
      readonly image: number
      readonly path: string
      readonly layer: number
      readonly by: number | null
      readonly how: 'removed' | 'replaced' | 'emptied'
      readonly files: number
      readonly bytes: number
    }[]
  }
  readonly views: readonly PackedView[]
  readonly problems: readonly ReportProblem[]
}

/** The data of a page. */
export function pageData(report: Report, made: Date | undefined): PageData {
  const { largest, duplicates, hidden } = report
  return {
    subject: report.subject,
    made: made?.toISOString() ?? null,
    images: report.images.map(({ sharing, imageId, manifestDigest, created, ...image }) => ({
      label: image.names[0] ?? manifestDigest ?? imageId ?? report.subject.name,
      names: image.names,
      kind: image.kind,
      imageId: imageId ?? null,
      manifestDigest: manifestDigest ?? null,
      created: created ?? null,
      platform: image.platform ?? null,
      files: image.files,
      directories: image.directories,
      bytes: image.bytes,
      inlineBytes: image.inlineBytes,
      hiddenBytes: image.hiddenBytes,
      layers: image.layers,
      objects: sharing.objects,
      objectBytes: sharing.bytes,
      uniqueBytes: sharing.uniqueBytes,
      sharedBytes: sharing.sharedBytes,
    })),
    layers: report.layers,
    objects: report.objects,
    stored: report.stored ?? null,
    shared: report.shared,
    largest: {
      total: largest.total,
      rows: largest.rows.map(row => ({ ...row, path: text(row.path), layer: row.layer ?? null })),
    },
    duplicates: {
      ...duplicates,
      rows: duplicates.rows.map(row => ({
        ...row,
        places: row.places.map(({ layer, path }) => ({ layer: layer ?? null, path: text(path) })),
      })),
    },
    hidden: {
      ...hidden,
      rows: hidden.rows.map(row => ({ ...row, path: text(row.path), by: row.by ?? null })),
    },
    views: report.views.map(packView),
    problems: report.problems,
  }
}

function packView({ kind, omitted, nodes }: View): PackedView {
  return {
    kind,
    omitted,
    names: nodes.map(({ name }) => text(name)),
    parents: nodes.map(({ parent }) => parent),
    kinds: nodes.map(node => KIND_LETTERS[node.kind]).join(''),
    bytes: nodes.map(({ bytes }) => bytes),
    hidden: nodes.flatMap(({ hiddenBytes }, index) =>
      hiddenBytes > 0 ? [index, hiddenBytes] : [],
    ),
    files: nodes.map(({ files }) => files),
  }
}

function text(name: Uint8Array): string {
  return shownName(name).text
}
