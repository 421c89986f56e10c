import { encodeUtf8 } from '@composefs/bytes'
import { OciError } from '../../errors.ts'
import type { PolicyFiles } from './policy-files.ts'
import { badLine, fieldsOf, type PolicyLine, policyLines, trimmed } from './policy-text.ts'

/** One line of file_contexts: which paths get which label. */
export interface LabelRule {
  readonly pattern: string
  /** The only type of file it is for, as the letter of the line; undefined for all. */
  readonly type: string | undefined
  /** Undefined for `<<none>>`. */
  readonly label: string | undefined
  /** File, without a slash before it, and line. */
  readonly path: string
  readonly line: number
}

/** The SELinux policy of a file system, as far as it labels files. */
export interface Policy {
  /** Such as `targeted`. */
  readonly type: string
  /** In reading order: the last one that matches is the one that counts. */
  readonly rules: readonly LabelRule[]
  /** What to look up instead of a path, and of what is below it. */
  readonly aliases: ReadonlyMap<string, string>
}

const CONFIG = 'etc/selinux/config'
const TYPE_KEY = /^selinuxtype$/i
const RULE_FILES = ['file_contexts', 'file_contexts.local', 'file_contexts.homedirs']
const ALIAS_FILES = ['file_contexts.subs', 'file_contexts.subs_dist']

/** Most rules of a policy; the largest in use have some nine thousand. */
const RULES_MAX = 100_000
/** Longest pattern and context in characters, and path in an alias in bytes: that of a path. */
const TEXT_MAX = 4096

const NO_LABEL = '<<none>>'
const TYPES: ReadonlySet<string> = new Set(['-b', '-c', '-d', '-p', '-l', '-s', '--'])

/**
 * Reads the policy of a file system; undefined when it has none, which is so without /etc/selinux/config or
 * SELINUXTYPE in it. Whether SELinux is enabled there makes no difference.
 *
 * @throws OciError ERR_OCI_POLICY_MISSING_FILE, ERR_OCI_POLICY_SYNTAX, ERR_OCI_POLICY_TOO_COMPLEX
 */
export function readPolicy(files: PolicyFiles): Policy | undefined {
  const config = files.read(CONFIG)
  const type = config === undefined ? undefined : readType(config)
  if (type === undefined) return undefined
  const directory = ['etc', 'selinux', ...type.split('/'), 'contexts', 'files']
    .filter(name => name !== '')
    .join('/')
  const rules: LabelRule[] = []
  for (const name of RULE_FILES) {
    const path = `${directory}/${name}`
    const bytes = files.read(path)
    if (bytes !== undefined) readRules(path, bytes, rules)
    else if (name === RULE_FILES[0]) throw missing(path, type)
  }
  const aliases = new Map<string, string>()
  for (const name of ALIAS_FILES) {
    const path = `${directory}/${name}`
    const bytes = files.read(path)
    if (bytes !== undefined) readAliases(path, bytes, aliases)
  }
  return { type, rules, aliases }
}

function readType(config: Uint8Array): string | undefined {
  for (const line of policyLines(CONFIG, config)) {
    const equals = line.text.indexOf('=')
    if (equals < 0 || !TYPE_KEY.test(trimmed(line.text.slice(0, equals)))) continue
    const type = trimmed(line.text.slice(equals + 1))
    const isBad = type.includes('\0') || type.split('/').some(name => name === '.' || name === '..')
    if (isBad) throw badLine(line, `no type of a policy: ${JSON.stringify(type)}`)
    return type
  }
  return undefined
}

function readRules(path: string, bytes: Uint8Array, rules: LabelRule[]): void {
  for (const line of policyLines(path, bytes)) {
    const fields = fieldsOf(line)
    if (fields.length === 0) continue
    if (rules.length === RULES_MAX) throw tooMuch(line, `more than ${RULES_MAX} rules`)
    rules.push(readRule(line, fields))
  }
}

function readRule(line: PolicyLine, fields: readonly string[]): LabelRule {
  const [pattern = '', second, third, fourth] = fields
  if (pattern.length > TEXT_MAX) throw tooMuch(line, `a pattern of ${pattern.length} characters`)
  if (second === undefined) throw badLine(line, 'a pattern without a context')
  const hasType = second.startsWith('-')
  if (hasType && !TYPES.has(second)) throw badLine(line, `no type of a file: ${second}`)
  if (hasType && third === undefined) throw badLine(line, 'a type without a context')
  const label = hasType ? (third as string) : second
  if (label.length > TEXT_MAX) throw tooMuch(line, `a context of ${label.length} characters`)
  if ((hasType ? fourth : third) !== undefined) {
    throw badLine(line, `something behind the context ${label}`)
  }
  return {
    pattern,
    type: hasType ? second.slice(1) : undefined,
    label: label === NO_LABEL ? undefined : label,
    path: line.path,
    line: line.number,
  }
}

function readAliases(path: string, bytes: Uint8Array, aliases: Map<string, string>): void {
  for (const line of policyLines(path, bytes)) {
    const [alias, original, ...more] = fieldsOf(line)
    if (alias === undefined) continue
    if (original === undefined) throw badLine(line, `${alias} without the path it stands for`)
    if (more.length > 0) throw badLine(line, `something behind the path ${original}`)
    if (encodeUtf8(original).length > TEXT_MAX) throw tooMuch(line, 'a path that is too long')
    aliases.set(alias, original)
  }
}

function missing(path: string, type: string): OciError {
  return new OciError(
    'ERR_OCI_POLICY_MISSING_FILE',
    `/${path} is missing, which the SELinux policy ${JSON.stringify(type)} of /${CONFIG} needs`,
    { path: `/${path}` },
  )
}

function tooMuch({ path, number }: PolicyLine, what: string): OciError {
  return new OciError('ERR_OCI_POLICY_TOO_COMPLEX', `/${path}:${number}: ${what}`, {
    path: `/${path}`,
    line: number,
  })
}
