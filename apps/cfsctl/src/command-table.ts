import type { Program } from './arguments/program.ts'
import { cat } from './commands/cat.ts'
import { computeId } from './commands/compute-id.ts'
import { computeKarg } from './commands/compute-karg.ts'
import { createDumpfile } from './commands/create-dumpfile.ts'
import { createImage } from './commands/create-image.ts'
import { df } from './commands/df.ts'
import { dumpFiles } from './commands/dump-files.ts'
import { fsck } from './commands/fsck.ts'
import { gc } from './commands/gc.ts'
import { imageObjects } from './commands/image-objects.ts'
import { imageRm } from './commands/image-rm.ts'
import { imageTag } from './commands/image-tag.ts'
import { images } from './commands/images.ts'
import { importImage } from './commands/import-image.ts'
import { info } from './commands/info.ts'
import { init } from './commands/init.ts'
import { mount } from './commands/mount.ts'
import { ociComputeId } from './commands/oci/compute-id.ts'
import { ociCopy } from './commands/oci/copy.ts'
import { ociDigests } from './commands/oci/digests.ts'
import { ociDump } from './commands/oci/dump.ts'
import { ociExport } from './commands/oci/export.ts'
import { ociFsck } from './commands/oci/fsck.ts'
import { ociImages } from './commands/oci/images.ts'
import { ociImportLayer } from './commands/oci/import-layer.ts'
import { ociInspect } from './commands/oci/inspect.ts'
import { ociLayer } from './commands/oci/layer.ts'
import { ociLinkedErofsImages } from './commands/oci/linked-erofs-images.ts'
import { ociLsLayer } from './commands/oci/ls-layer.ts'
import { ociMount } from './commands/oci/mount.ts'
import { ociPull } from './commands/oci/pull.ts'
import { ociPush } from './commands/oci/push.ts'
import { ociSeal } from './commands/oci/seal.ts'
import { ociTag } from './commands/oci/tag.ts'
import { ociUntag } from './commands/oci/untag.ts'
import { plannedCommands } from './commands/planned.ts'
import { tools } from './commands/tools.ts'
import { transaction } from './commands/transaction.ts'
import { umount } from './commands/umount.ts'
import { globalOptions } from './global-options.ts'

/** The commands of cfsctl, in the order of its help. */
export const cfsctl: Program = {
  name: 'cfsctl',
  summary: 'Store, seal and mount container images with composefs',
  globals: globalOptions,
  commands: [
    init,
    info,
    fsck,
    gc,
    df,
    transaction,
    cat,
    createImage,
    computeId,
    computeKarg,
    createDumpfile,
    images,
    imageObjects,
    dumpFiles,
    importImage,
    imageTag,
    imageRm,
    ociPull,
    ociCopy,
    ociExport,
    ociPush,
    ociImages,
    ociInspect,
    ociTag,
    ociUntag,
    ociLinkedErofsImages,
    ociLayer,
    ociLsLayer,
    ociImportLayer,
    ociDump,
    ociComputeId,
    ociDigests,
    ociSeal,
    ociFsck,
    ociMount,
    mount,
    umount,
  ],
  planned: plannedCommands,
  tools,
  families: { oci: 'Work with container images', image: 'Work with named images' },
}
