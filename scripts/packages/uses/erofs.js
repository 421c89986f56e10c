import { encodeImage, imageDigest, isErofsError, openImage } from '@composefs/erofs'
import { SHA256 } from '@composefs/fsverity'
import { FileTree } from '@composefs/tree'

const tree = new FileTree(SHA256)
console.log(imageDigest(tree, { version: 1 }).hex)
console.log(openImage(encodeImage(tree, { version: 1 })).toTree().inodeCount)
try {
  openImage(new Uint8Array(4096))
} catch (error) {
  console.log(isErofsError(error))
}
