import type { Name } from './name.ts'
import type { ObjectSum, Report, ReportedImage } from './report.ts'
import { shownName } from './shown-name.ts'
import type { View } from './view.ts'

/** What JSON can hold. */
export type ReportValue =
  | string
  | number
  | boolean
  | null
  | readonly ReportValue[]
  | { readonly [key: string]: ReportValue }

/**
 * The report as a JSON document: snake case, what is unknown is null, and a name that is not UTF-8 is escaped, its bytes
 * beside it. Images and layers are told by their place in their lists.
 */
export function reportDocument(report: Report): { readonly [key: string]: ReportValue } {
  const { subject, stored, largest, duplicates, hidden } = report
  return {
    schema: 'cfsctl.report/1',
    subject: { ...subject, repository: subject.repository ?? null },
    images: report.images.map(imageDocument),
    layers: report.layers.map(({ diffId, files, bytes, hiddenBytes, images }) => ({
      diff_id: diffId,
      files,
      bytes,
      hidden_bytes: hiddenBytes,
      images,
    })),
    objects: { ...report.objects },
    stored:
      stored === undefined
        ? null
        : {
            shown: sumDocument(stored.shown),
            other: sumDocument(stored.other),
            unreferenced: sumDocument(stored.unreferenced),
          },
    shared: report.shared.map(({ images, objects, bytes }) => ({ images, objects, bytes })),
    largest: {
      total: largest.total,
      rows: largest.rows.map(({ path, bytes, layer, images }) => ({
        ...nameFields('path', path),
        bytes,
        layer: layer ?? null,
        images,
      })),
    },
    duplicates: {
      total: duplicates.total,
      repeated_bytes: duplicates.repeatedBytes,
      rows: duplicates.rows.map(({ object, bytes, copies, layers, repeatedBytes, places }) => ({
        object,
        bytes,
        copies,
        layers,
        repeated_bytes: repeatedBytes,
        places: places.map(({ layer, path }) => ({
          layer: layer ?? null,
          ...nameFields('path', path),
        })),
      })),
    },
    hidden: {
      total: hidden.total,
      bytes: hidden.bytes,
      rows: hidden.rows.map(({ image, path, layer, by, how, files, bytes }) => ({
        image,
        ...nameFields('path', path),
        layer,
        by: by ?? null,
        how,
        files,
        bytes,
      })),
    },
    views: report.views.map(viewDocument),
    problems: report.problems.map(({ name, reason }) => ({ name, reason })),
  }
}

function imageDocument(image: ReportedImage): ReportValue {
  const { sharing } = image
  return {
    names: image.names,
    kind: image.kind,
    image_id: image.imageId ?? null,
    manifest_digest: image.manifestDigest ?? null,
    config_digest: image.configDigest ?? null,
    created: image.created ?? null,
    platform: image.platform ?? null,
    files: image.files,
    directories: image.directories,
    others: image.others,
    bytes: image.bytes,
    inline_bytes: image.inlineBytes,
    hidden_bytes: image.hiddenBytes,
    layers: image.layers,
    objects: sharing.objects,
    object_bytes: sharing.bytes,
    unique_objects: sharing.uniqueObjects,
    unique_bytes: sharing.uniqueBytes,
    shared_objects: sharing.sharedObjects,
    shared_bytes: sharing.sharedBytes,
  }
}

function viewDocument({ kind, nodes, omitted }: View): ReportValue {
  return {
    kind,
    omitted,
    nodes: nodes.map(node => ({
      ...nameFields('name', node.name),
      parent: node.parent,
      kind: node.kind,
      bytes: node.bytes,
      hidden_bytes: node.hiddenBytes,
      files: node.files,
    })),
  }
}

function sumDocument({ objects, bytes }: ObjectSum): ReportValue {
  return { objects, bytes }
}

function nameFields(key: string, name: Name): { readonly [key: string]: string } {
  const { text, isEscaped } = shownName(name)
  if (!isEscaped) return { [key]: text }
  return { [key]: text, [`${key}_base64`]: Buffer.from(name).toString('base64') }
}
