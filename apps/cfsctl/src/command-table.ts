import type { Program } from './arguments/program.ts'
import { bundled } from './bundled.ts'
import { cat } from './commands/cat.ts'
import { completion } from './commands/completion.ts'
import { computeId } from './commands/compute-id.ts'
import { computeKarg } from './commands/compute-karg.ts'
import { createDumpfile } from './commands/create-dumpfile.ts'
import { createImage } from './commands/create-image.ts'
import { df } from './commands/df.ts'
import { diff } from './commands/diff.ts'
import { doctor } from './commands/doctor.ts'
import { dumpFiles } from './commands/dump-files.ts'
import { explain } from './commands/explain.ts'
import { fsck } from './commands/fsck.ts'
import { gc } from './commands/gc.ts'
import { imageInspect } from './commands/image-inspect.ts'
import { imageObjects } from './commands/image-objects.ts'
import { imageRm } from './commands/image-rm.ts'
import { imageTag } from './commands/image-tag.ts'
import { images } from './commands/images.ts'
import { importImage } from './commands/import-image.ts'
import { info } from './commands/info.ts'
import { init } from './commands/init.ts'
import { man } from './commands/man.ts'
import { mount } from './commands/mount.ts'
import { mounts } from './commands/mounts.ts'
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
import { ociReferrers } from './commands/oci/referrers.ts'
import { ociSeal } from './commands/oci/seal.ts'
import { ociTag } from './commands/oci/tag.ts'
import { ociUntag } from './commands/oci/untag.ts'
import { plannedCommands } from './commands/planned.ts'
import { report } from './commands/report.ts'
import { transaction } from './commands/transaction.ts'
import { umount } from './commands/umount.ts'
import { globalOptions } from './global-options.ts'
import { tools } from './tools.ts'

const check = bundled(() => import('./bundles/check.ts'))
const examining = bundled(() => import('./bundles/doctor.ts'))
const help = bundled(() => import('./bundles/completion.ts'))
const light = bundled(() => import('./bundles/light.ts'))
const manual = bundled(() => import('./bundles/manual.ts'))
const mounting = bundled(() => import('./bundles/mount.ts'))
const pull = bundled(() => import('./bundles/pull.ts'))
const reporting = bundled(() => import('./bundles/report.ts'))
const send = bundled(() => import('./bundles/send.ts'))
const trees = bundled(() => import('./bundles/trees.ts'))

/** The commands of cfsctl, in the order of its help. */
export const cfsctl: Program = {
  name: 'cfsctl',
  summary: 'Store, seal and mount container images with composefs',
  globals: globalOptions,
  commands: [
    light(init, 'init'),
    light(info, 'info'),
    check(fsck, 'fsck'),
    check(gc, 'gc'),
    check(df, 'df'),
    examining(doctor, 'doctor'),
    light(transaction, 'transaction'),
    light(cat, 'cat'),
    trees(createImage, 'createImage'),
    trees(computeId, 'computeId'),
    trees(computeKarg, 'computeKarg'),
    trees(createDumpfile, 'createDumpfile'),
    light(images, 'images'),
    light(imageObjects, 'imageObjects'),
    light(dumpFiles, 'dumpFiles'),
    light(importImage, 'importImage'),
    light(imageInspect, 'imageInspect'),
    light(imageTag, 'imageTag'),
    light(imageRm, 'imageRm'),
    trees(diff, 'diff'),
    trees(explain, 'explain'),
    reporting(report, 'report'),
    pull(ociPull, 'ociPull'),
    send(ociCopy, 'ociCopy'),
    send(ociExport, 'ociExport'),
    send(ociPush, 'ociPush'),
    light(ociImages, 'ociImages'),
    light(ociInspect, 'ociInspect'),
    light(ociReferrers, 'ociReferrers'),
    light(ociTag, 'ociTag'),
    light(ociUntag, 'ociUntag'),
    light(ociLinkedErofsImages, 'ociLinkedErofsImages'),
    light(ociLayer, 'ociLayer'),
    light(ociLsLayer, 'ociLsLayer'),
    pull(ociImportLayer, 'ociImportLayer'),
    trees(ociDump, 'ociDump'),
    trees(ociComputeId, 'ociComputeId'),
    pull(ociDigests, 'ociDigests'),
    trees(ociSeal, 'ociSeal'),
    check(ociFsck, 'ociFsck'),
    mounting(ociMount, 'ociMount'),
    mounting(mount, 'mount'),
    light(umount, 'umount'),
    mounting(mounts, 'mounts'),
    help(completion, 'completion'),
    manual(man, 'man'),
  ],
  planned: plannedCommands,
  tools,
  families: { oci: 'Work with container images', image: 'Work with named images' },
}
