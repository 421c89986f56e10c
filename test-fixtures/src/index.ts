export { bootableImage } from './bootable-image.ts'
export { debianRootfs, debianRootfsFile } from './debian.ts'
export { writeDemoLayout } from './demo-layout.ts'
export { generateDump } from './generate-dump.ts'
export {
  type LayerCompression,
  type LayoutFacts,
  type LayoutLayer,
  writeLayout,
} from './oci-layout.ts'
export { seededRandom } from './random.ts'
export { runReadmeExample } from './readme-example.ts'
export { POLICY_TYPE, type PolicyText, selinuxPolicy } from './selinux-policy.ts'
export { splitTar } from './split-tar.ts'
export { buildTar, type LayerFile } from './tar-builder.ts'
export { vectorsDirectory } from './vectors.ts'
