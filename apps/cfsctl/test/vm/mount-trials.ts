import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unmountComposefs } from '@composefs/linux'
import { type Outcome, ourProgram, runOurs } from '../programs.ts'
import { findObject, LARGE, MountPlace, SMALL, userNamespace } from './mount-place.ts'

/** What comes of a try: the cell of the table, and for an error its row in the table of errors. */
export interface Tried {
  readonly cell: string
  readonly error?: string
}

/** What is done for each row of the table. Those about a secure repository follow on each other. */
export const TRIALS: Readonly<Record<string, (trials: MountTrials) => Tried>> = {
  '`mount`, an insecure repository': t => t.insecure([]),
  '`mount`, a secure repository': t => t.secure([]),
  '… a file replaced in the repository': t => t.secure([], LARGE.replace('large', 'virus')),
  '… with `--insecure`': t => t.secure(['--insecure']),
  '`--require-verity`, an insecure repository': t => t.insecure(['--require-verity']),
  '`--upperdir`, `--workdir`': t => t.insecure(t.upperFlags()),
  '… and `--read-write`': t => t.insecure([...t.upperFlags(), '--read-write']),
  '`--idmap`': t => t.insecure(['--idmap', t.userNamespace]),
  '`--mount-option nodev,nosuid,noexec,noatime`': t =>
    t.insecure(['--mount-option', 'nodev,nosuid,noexec', '--mount-option=noatime']),
  'a repository in a tmpfs': t => t.inTmpfs(),
  'without loop devices': t => t.inNamespace(['-m'], 'mount -t tmpfs tmpfs /dev'),
  'root of a user namespace': t => t.inNamespace(['-Urm'], 'true'),
  'root without CAP_SYS_ADMIN': t =>
    t.under(['setpriv', '--bounding-set=-sys_admin', '--inh-caps=-sys_admin']),
  '`basedir=`': t => t.helper([]),
  '`basedir=A:B`': t => t.helper([`basedir=${t.emptyStore}:${t.store}`]),
  '`digest=` of the image': t => t.helper([`digest=${t.digest()}`]),
  '`digest=` of another': t => t.helper([`digest=${'0'.repeat(64)}`]),
  '`verity`': t => t.helper(['verity']),
  '`tryverity`': t => t.helper(['tryverity']),
  '`upperdir=`, `workdir=`': t => t.helper(t.upperWords()),
  '… and `ro`': t => t.helper([...t.upperWords(), 'ro']),
  '`idmap=`': t => t.helper([`idmap=${t.userNamespace}`]),
  '`nodev,nosuid,noexec,noatime`': t => t.helper(['nodev,nosuid,noexec,noatime']),
}

/** Tries each way to mount, and names what comes of it in the words of docs/mounting.md. */
export class MountTrials {
  readonly #place: MountPlace
  readonly #insecure: string
  readonly #secure: ReturnType<MountPlace['repository']>
  readonly #namespace: Awaited<ReturnType<typeof userNamespace>>
  readonly emptyStore: string

  private constructor(place: MountPlace, namespace: Awaited<ReturnType<typeof userNamespace>>) {
    this.#place = place
    this.#insecure = place.repository('insecure', '--insecure').path
    this.#secure = place.repository('secure')
    this.#namespace = namespace
    this.emptyStore = join(place.directory, 'empty')
    mkdirSync(this.emptyStore)
  }

  static async open(): Promise<MountTrials> {
    return new MountTrials(new MountPlace(), await userNamespace())
  }

  close(): void {
    this.unmount()
    this.#namespace.kill()
    this.#place.remove()
  }

  unmount(): void {
    while (this.#place.entry() !== undefined) unmountComposefs(this.#place.target)
  }

  get store(): string {
    return this.#place.store
  }

  get userNamespace(): string {
    return `/proc/${this.#namespace.pid}/ns/user`
  }

  upperFlags(): string[] {
    const { upperdir, workdir } = this.#place.upper()
    return ['--upperdir', upperdir, '--workdir', workdir]
  }

  upperWords(): string[] {
    const { upperdir, workdir } = this.#place.upper()
    return [`upperdir=${upperdir}`, `workdir=${workdir}`]
  }

  /** What the image's digest is to the kernel. */
  digest(): string {
    const { stdout } = runOurs(['composefs-info', 'measure-file', this.#place.image])
    return stdout.toString().trim()
  }

  /** `mount` with options of its own or of all commands. */
  insecure(options: readonly string[]): Tried {
    return this.#mount(this.#insecure, options)
  }

  /** The same; before it, the content of a file in the repository is replaced by another. */
  secure(options: readonly string[], content?: string): Tried {
    const { path, made } = this.#secure
    if (made.status !== 0) return this.#refusal(made, 'no such repository')
    if (content !== undefined) {
      const object = findObject(join(path, 'objects'), LARGE)
      rmSync(object)
      writeFileSync(object, content)
    }
    return this.#mount(path, options)
  }

  inTmpfs(): Tried {
    const directory = join(this.#place.directory, 'tmpfs')
    mkdirSync(directory, { recursive: true })
    spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', directory])
    try {
      const tried = this.#mount(this.#place.repository('tmpfs/repository', '--insecure').path, [])
      this.unmount()
      return tried
    } finally {
      spawnSync('umount', ['-l', directory])
    }
  }

  /** Mounts in namespaces that end with the mount, after a command that prepares them. */
  inNamespace(flags: readonly string[], prepare: string): Tried {
    const line = `${prepare} && "$@" && cat ${this.#place.target}/usr/small`
    const outcome = this.#run(['unshare', ...flags, 'sh', '-c', line, '-'])
    if (outcome.status !== 0) return this.#refusal(outcome)
    return { cell: outcome.stdout.toString().endsWith(SMALL) ? 'works' : 'shows something else' }
  }

  /** Mounts below a program that takes something away. */
  under(program: readonly string[]): Tried {
    return this.#look(this.#run(program))
  }

  helper(words: readonly string[]): Tried {
    const { store, image, target } = this.#place
    const basedir = words.some(word => word.startsWith('basedir=')) ? [] : [`basedir=${store}`]
    const options = [...basedir, ...words].join(',')
    return this.#look(runOurs(['mount.composefs', image, target, '-o', options]))
  }

  #mount(repository: string, options: readonly string[]): Tried {
    const { target } = this.#place
    return this.#look(runOurs(['--json', '--repo', repository, 'mount', ...options, 'app', target]))
  }

  #run([program = '', ...args]: readonly string[]): Outcome {
    const ours = ['--json', '--repo', this.#insecure, 'mount', 'app', this.#place.target]
    const words = [...args, process.execPath, ...ourProgram, ...ours]
    const { status, signal, stdout, stderr } = spawnSync(program, words)
    return { status, signal, stdout, stderr: stderr.toString() }
  }

  /** What there is to see of a mount. */
  #look(outcome: Outcome): Tried {
    if (outcome.status !== 0) return this.#refusal(outcome)
    const entry = this.#place.entry()
    if (entry === undefined) return { cell: 'nothing is mounted' }
    const usr = join(this.#place.target, 'usr')
    if (readFileSync(join(usr, 'small'), 'utf8') !== SMALL) return { cell: 'another file' }
    const canWrite = isWritable(join(usr, 'new'))
    const notes = [
      ...(this.#place.hasLoop() ? ['loop device'] : []),
      ...(existsSync(join(this.#place.target, '00')) ? ['objects show'] : []),
      ...(entry.verity === 'require' ? ['checked'] : []),
      ...whatIsRead(join(usr, 'large')),
      ...(canWrite ? ['writable'] : entry.hasUpper ? ['read-only'] : []),
      ...(statSync(usr).uid === 100_000 ? ['owners mapped'] : []),
      ...entry.options.filter(option => option.startsWith('no')),
    ]
    return { cell: ['works', ...notes].join(', ') }
  }

  /** The code of an error, or what the helper says. */
  #refusal({ stderr }: Outcome, how = 'refused'): Tried {
    const { directory } = this.#place
    const words = /^mount\.composefs: (?:Failed to mount composefs \S+: )?(.*)$/m.exec(stderr)?.[1]
    if (words !== undefined) return { cell: `${how}: ${words.replaceAll(directory, '…')}` }
    const { code, exit, message } = JSON.parse(stderr).error
    const error = `| \`${code}\` | ${exit} | ${message.replaceAll(directory, '…')} |`
    return { cell: `${how}: \`${code}\``, error }
  }
}

function whatIsRead(path: string): string[] {
  try {
    return readFileSync(path, 'utf8') === LARGE ? [] : ['the replaced file is read']
  } catch (error) {
    return [`${(error as NodeJS.ErrnoException).code} when it is read`]
  }
}

function isWritable(path: string): boolean {
  try {
    writeFileSync(path, '')
    return true
  } catch {
    return false
  }
}
