import { readFileSync } from 'node:fs'

/** One mount, as /proc/self/mountinfo shows it. What is not UTF-8 in its texts shows as U+FFFD. */
export interface MountEntry {
  readonly id: number
  readonly parent: number
  /** `MAJOR:MINOR` of the file system. */
  readonly device: string
  /** The directory of the file system that is mounted. */
  readonly root: string
  readonly target: string
  /** Options of the mount: `ro`, `nodev`… */
  readonly options: readonly string[]
  /** Type of the file system, `fuse.composefs` for example. */
  readonly type: string
  readonly source: string
  /** Options of the file system: `verity=require`… */
  readonly superOptions: readonly string[]
}

/** A live composefs mount. */
export interface ComposefsMountEntry extends MountEntry {
  /** The name it was mounted by, where the source has one. */
  readonly name: string | undefined
  /** Who serves the image: the kernel, a process, or a process below an overlay of the kernel. */
  readonly mode: 'kernel' | 'fuse' | 'fuse-overlay'
  readonly verity: 'off' | 'require'
  readonly isReadOnly: boolean
  /** Directories of objects, as far as the options show paths of them. */
  readonly objects: readonly string[]
  /** True when changes, old or new, may cover what is in the image. */
  readonly hasUpper: boolean
}

/** All mounts of this process's mount namespace, in the kernel's order. */
export function mounts(): MountEntry[] {
  return parseMountinfo(readFileSync('/proc/self/mountinfo'))
}

/** The composefs mounts among `entries`. */
export function composefsMounts(entries: readonly MountEntry[] = mounts()): ComposefsMountEntry[] {
  return entries.filter(isComposefsMount).map(entry => ({
    ...entry,
    name: entry.source.startsWith('composefs:')
      ? entry.source.slice('composefs:'.length)
      : undefined,
    mode: modeOf(entry),
    verity: entry.superOptions.includes('verity=require') ? 'require' : 'off',
    isReadOnly: entry.options.includes('ro') || entry.superOptions.includes('ro'),
    objects: objectsOf(entry),
    hasUpper: entry.superOptions.some(option => option.startsWith('upperdir=')),
  }))
}

/** The source that cfsctl gives the overlay above its FUSE server. */
const FUSE_SOURCE = 'composefs-fuse'

function modeOf({ type, source }: MountEntry): ComposefsMountEntry['mode'] {
  if (type !== 'overlay') return 'fuse'
  return source === FUSE_SOURCE ? 'fuse-overlay' : 'kernel'
}

/** Paths of descriptors lead nowhere any more: their process has closed them. */
const NO_PATH = /^\/proc\/self\/fd\/|^(?!\/)/

/** The data layers: each an option of its own, or all behind the image in one. */
function objectsOf({ superOptions }: MountEntry): string[] {
  return superOptions
    .flatMap(option => {
      const [key, value = ''] = splitOnce(option, '=')
      if (key === 'datadir+') return [value]
      return key === 'lowerdir' ? value.split(/::?/).slice(1) : []
    })
    .filter(path => !NO_PATH.test(path))
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

/** True for a mount that this program, cfsctl or the tools in C made. */
export function isComposefsMount(entry: MountEntry): boolean {
  const isOurType = entry.type === 'overlay' || /^fuse(\.|$)/.test(entry.type)
  return isOurType && entry.source.startsWith('composefs')
}

/** The mount that a canonical path leads to, if a mount point is there: the topmost of those stacked on it. */
export function mountAt(
  target: string,
  entries: readonly MountEntry[] = mounts(),
): MountEntry | undefined {
  const stacked = entries.filter(entry => entry.target === target)
  const covered = new Set(stacked.map(entry => entry.parent))
  return stacked.findLast(entry => !covered.has(entry.id))
}

/** Reads the text of a mountinfo file. Lines that are not in its form are passed over. */
export function parseMountinfo(text: Uint8Array): MountEntry[] {
  return Buffer.from(text).toString('latin1').split('\n').flatMap(parseLine)
}

/** `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue` */
function parseLine(line: string): MountEntry[] {
  const words = line.split(' ')
  // Any number of optional fields ends with a single hyphen.
  const end = words.indexOf('-', 6)
  const [id, parent, device, root, target, options] = words
  const [type, source, superOptions] = words.slice(end + 1)
  if (end < 0 || options === undefined || superOptions === undefined) return []
  return [
    {
      id: Number(id),
      parent: Number(parent),
      device: device ?? '',
      root: unescapeField(root ?? ''),
      target: unescapeField(target ?? ''),
      options: options.split(','),
      type: unescapeField(type ?? ''),
      source: unescapeField(source ?? ''),
      superOptions: superOptions.split(',').map(unescapeField),
    },
  ]
}

/** Blanks, tabs, newlines, backslashes and `#` stand as three octal digits. */
function unescapeField(field: string): string {
  const bytes = field.replace(/\\([0-3][0-7]{2})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  )
  return Buffer.from(bytes, 'latin1').toString()
}
