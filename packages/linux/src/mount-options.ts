import { LinuxError } from './errors.ts'
import { isMountAttribute, type MountAttribute } from './mount-attributes.ts'

/** What `-o` of mount.composefs says. */
export interface ComposefsOptions {
  /** Directories of objects in their order, as they were written; at least one. */
  readonly basedir: readonly string[]
  /** The fs-verity digest that the image has to have, as it was written. */
  readonly digest?: string
  /** `digest` implies `require`. */
  readonly verity: 'off' | 'require' | 'try'
  readonly idmap?: string
  readonly upper?: { readonly upperdir: string; readonly workdir: string }
  readonly isReadOnly: boolean
  readonly attributes: readonly MountAttribute[]
}

/** Options with a value. */
const VALUED = ['basedir', 'digest', 'idmap', 'upperdir', 'workdir'] as const
type Valued = (typeof VALUED)[number]

/** Words that say what is so anyway, or that are for whoever starts the mount. */
const IGNORED: ReadonlySet<string> = new Set(['defaults', '_netdev'])

/**
 * Reads the options of mount.composefs, as the helper of C does: words between commas, the first `=` ends the key, a
 * backslash takes the next character of a value as it is. Beside its options the attributes of any mount are known.
 * Of words that contradict each other the last one counts.
 *
 * @throws LinuxError ERR_LINUX_BAD_MOUNT_OPTION
 *
 * @example
 * parseComposefsOptions('basedir=/srv/objects,verity,nodev').attributes // ['nodev']
 */
export function parseComposefsOptions(text: string): ComposefsOptions {
  const values = new Map<Valued, string>()
  const switches = new Set<string>()
  const attributes: string[] = []
  for (const { key, value } of splitOptions(text)) {
    if (isValued(key)) {
      if (value === undefined) throw badOption(`No value specified for ${key} option`, key)
      values.set(key, value)
    } else if (value === undefined && ['verity', 'tryverity'].includes(key)) switches.add(key)
    else if (value === undefined && ['ro', 'rw'].includes(key)) {
      switches.delete('ro')
      if (key === 'ro') switches.add(key)
    } else if (isForOthers(key)) continue
    else if (value === undefined && isAttributeWord(key)) attributes.push(key)
    else throw badOption(`Unsupported option ${key}`, key)
  }
  const digest = values.get('digest')
  const idmap = values.get('idmap')
  const upper = upperOf(values)
  const isRequired = digest !== undefined || switches.has('verity')
  return {
    basedir: basedirOf(values),
    ...(digest === undefined ? {} : { digest }),
    verity: isRequired ? 'require' : switches.has('tryverity') ? 'try' : 'off',
    ...(idmap === undefined ? {} : { idmap }),
    ...(upper === undefined ? {} : { upper }),
    isReadOnly: switches.has('ro'),
    attributes: parseMountAttributes(attributes),
  }
}

/** What each opposite takes back. */
const OPPOSITES: Readonly<Record<string, MountAttribute>> = {
  suid: 'nosuid',
  dev: 'nodev',
  exec: 'noexec',
  atime: 'noatime',
  diratime: 'nodiratime',
  symfollow: 'nosymfollow',
  nostrictatime: 'strictatime',
  norelatime: 'relatime',
}

/** Of these the last one counts. */
const ACCESS_TIMES: readonly MountAttribute[] = ['noatime', 'strictatime', 'relatime']

/**
 * The attributes that words of mount(8) come to, such as `nodev` and its opposite `dev`.
 *
 * @throws LinuxError ERR_LINUX_BAD_MOUNT_OPTION
 */
export function parseMountAttributes(words: readonly string[]): MountAttribute[] {
  const attributes = new Set<MountAttribute>()
  for (const word of words) {
    const opposite = Object.hasOwn(OPPOSITES, word) ? OPPOSITES[word] : undefined
    if (opposite !== undefined) attributes.delete(opposite)
    else if (!isMountAttribute(word)) throw badOption(`Unsupported option ${word}`, word)
    else {
      if (ACCESS_TIMES.includes(word)) for (const other of ACCESS_TIMES) attributes.delete(other)
      attributes.add(word)
    }
  }
  return [...attributes]
}

function isAttributeWord(word: string): boolean {
  return isMountAttribute(word) || Object.hasOwn(OPPOSITES, word)
}

function isForOthers(key: string): boolean {
  return IGNORED.has(key) || /^x-/i.test(key)
}

function isValued(key: string): key is Valued {
  return (VALUED as readonly string[]).includes(key)
}

function basedirOf(values: ReadonlyMap<Valued, string>): string[] {
  const directories = (values.get('basedir') ?? '').split(':').filter(part => part !== '')
  if (directories.length === 0) throw badOption('No object dirs specified', 'basedir')
  return directories
}

function upperOf(values: ReadonlyMap<Valued, string>): ComposefsOptions['upper'] {
  const upperdir = values.get('upperdir')
  const workdir = values.get('workdir')
  if (upperdir === undefined && workdir === undefined) return undefined
  if (upperdir !== undefined && workdir !== undefined) return { upperdir, workdir }
  throw badOption(
    'Both workdir and upperdir must be specified if used',
    upperdir === undefined ? 'upperdir' : 'workdir',
  )
}

function* splitOptions(text: string): Generator<{ key: string; value: string | undefined }> {
  // An option is made of characters that are no comma, and of pairs of a backslash and any character.
  for (const option of text.match(/(?:[^,\\]|\\[\s\S]|\\$)+/g) ?? []) {
    const equals = option.indexOf('=')
    if (equals < 0) yield { key: option, value: undefined }
    else yield { key: option.slice(0, equals), value: withoutEscapes(option.slice(equals + 1)) }
  }
}

function withoutEscapes(value: string): string {
  return value.replace(/\\([\s\S]?)/g, '$1')
}

function badOption(message: string, option: string): LinuxError {
  return new LinuxError('ERR_LINUX_BAD_MOUNT_OPTION', message, { option })
}
