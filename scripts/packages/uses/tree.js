import { SHA256 } from '@composefs/fsverity'
import { FileTree, parseDump, ROOT, writeDump } from '@composefs/tree'

const metadata = { mode: 0o755, uid: 0, gid: 0, mtimeSeconds: 0n, mtimeNanoseconds: 0, xattrs: [] }
const tree = new FileTree(SHA256, metadata)
const data = new TextEncoder().encode('hello\n')
tree.addLeaf(ROOT, new TextEncoder().encode('motd'), metadata, { kind: 'inline', data })
const dump = Buffer.concat([...writeDump(tree)])
console.log(dump.toString().trim())
console.log(parseDump(dump, SHA256).inodeCount)
