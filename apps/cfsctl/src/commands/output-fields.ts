import type { OutputFields } from '../command.ts'

// Fields that several documents have in common, in the order of the documents.

/** An image that is made, computed or imported. */
export const imageFields = {
  id: 'fs-verity digest of the image',
  algorithm: 'its hash, and that of the objects',
  erofs_version: 'format of the image',
  bootable: 'whether it is the boot variant',
  xattrs: 'which extended attributes were kept; null where all were',
  name: 'the name it was given',
  size: 'bytes of the image',
  objects_new: 'objects that were stored',
  objects_present: 'objects that were there already',
  bytes_stored: 'bytes of the new ones',
} as const satisfies OutputFields

/** What a check of a repository finds. */
export const checkFields = {
  ok: 'whether nothing is wrong',
  has_metadata: 'whether there is a meta.json',
  objects_checked: 'number of objects',
  objects_corrupted: 'those that are not what their name says',
  streams_checked: 'number of streams',
  streams_corrupted: 'those that cannot be read',
  images_checked: 'number of images',
  images_corrupted: 'those that cannot be read',
  broken_links: 'names that lead nowhere',
  missing_objects: 'objects that something needs and that are not there',
  'errors[]': 'what is wrong, a line each as cfsctl 0.9.4 prints it',
  errors_omitted: 'how many lines there are too many to list',
  'errors_detail[].kind': 'what is wrong, as a word',
  'errors_detail[].path': 'the file in the repository',
  'errors_detail[].object_id': 'the object it is about',
  'errors_detail[].detail': 'more about it',
  'errors_detail[].images[]': 'names of the images that it hits',
  'errors_detail[].repairable': 'whether fsck --repair can help',
  'warnings[]': 'what is odd and does no harm',
} as const satisfies OutputFields

/** What a check of the container images of a repository finds. */
export const ociCheckFields = {
  ok: 'whether nothing is wrong, in the repository and the images',
  images_checked: 'number of container images',
  images_corrupted: 'those with something wrong',
  'errors[]': 'what is wrong with them, a line each as cfsctl 0.9.4 prints it',
  ...within('repo', checkFields),
  errors_omitted: 'how many lines there are too many to list',
  'errors_detail[]': 'what is wrong with them, as in repo.errors_detail',
} as const satisfies OutputFields

/** What happened to the layers of an image that was fetched or copied. */
export const layerFields = {
  'layers[].diff_id': 'digest of the layer as a tar',
  'layers[].digest': 'digest of its blob',
  'layers[].status': '`fetched` or `present`',
  'layers[].size': 'bytes of its blob',
  'layers[].blob_kept': 'whether the blob is stored as it came, too',
} as const satisfies OutputFields

/** What was stored for an image. */
export const statsFields = {
  'stats.objects_copied': 'objects that were written',
  'stats.objects_reflinked': 'objects that share their blocks with the source',
  'stats.objects_hardlinked': 'objects that are the files of the source',
  'stats.objects_already_present': 'objects that were there already',
  'stats.bytes_copied': 'bytes of the first',
  'stats.bytes_reflinked': 'bytes of the second',
  'stats.bytes_hardlinked': 'bytes of the third',
} as const satisfies OutputFields

/** An image that was written to a layout or archive, or sent to a registry. */
export const sentFields = {
  image_ref: 'the image as it was named',
  target: 'where it is now',
  manifest_digest: 'digest of the manifest there',
  source_manifest_digest: 'digest of the manifest in the repository',
  config_digest: 'digest of the config, the same in both',
  changed: 'whether the manifest is another one, as layers were packed anew',
  'layers[].diff_id': 'digest of the layer as a tar',
  'layers[].digest': 'digest of its blob there',
  'layers[].source_digest': 'digest of the blob that the stored manifest names',
  'layers[].status': 'what was done for it',
  'layers[].size': 'bytes of its blob',
  bytes_uploaded: 'bytes that were written or sent',
  is_artifact: 'whether it is an artifact, no image to run',
  duration_ms: 'time it took',
} as const satisfies OutputFields

/** A mount. */
export const mountFields = {
  image_id: 'fs-verity digest of the image',
  mountpoint: 'where it is mounted',
  mode: '`kernel`, `fuse` or `fuse-overlay`',
  verity: '`require`: the kernel checks every file that is read; else `off`',
  read_write: 'whether changes are allowed',
  server_pid: 'the process that serves it',
} as const satisfies OutputFields

/** A name that was given or removed. */
export const nameFields = {
  name: 'the name',
  digest: 'what it leads or led to',
  changed: 'whether anything is different now',
} as const satisfies OutputFields

/** Fields below another one. */
function within(path: string, fields: OutputFields): OutputFields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, meaning]) => [`${path}.${name}`, meaning]),
  )
}
