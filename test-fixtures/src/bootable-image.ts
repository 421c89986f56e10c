import { seededRandom } from './random.ts'
import { selinuxPolicy } from './selinux-policy.ts'
import type { LayerFile } from './tar-builder.ts'

const TYPES = ['fifo', 'symlink', 'character-device'] as const

/** Words that the rules of the policy are about, and some that they just miss. */
const WORDS =
  'bin sbin lib lib64 share local etc share/man locale perl5 doc sshd nginx cups cupsd modules 6.1 www data run'.split(
    ' ',
  )
const NAMES = [
  ...'bash sh zsh mount umount mkfs.ext4 python3 python3.11 Xorg [ ^- bitool gtool axa axb nginx sshd'.split(
    ' ',
  ),
  ...'libc.so.6 libfame-0.9.so ld-linux.so.2 x.pyc README.md sshd.service nginx@.service motd'.split(
    ' ',
  ),
  ...'shadow- gshadow .pwd.lock mtab~ ld.so.cache kern.log.1 sshd-old.log c++filt caf\u00e9 naive CHESS'.split(
    ' ',
  ),
  'new\nline',
  'white space',
]
const ROOTS =
  'usr usr/bin usr/lib usr/lib64 usr/share usr/local/lib usr/local/bin etc var var/log var/lib var/spool opt srv home data lib'.split(
    ' ',
  )

/**
 * The entries of a small root file system with kernel and SELinux policy, in the order of a tar: directories first.
 * Files have hard links, across what the policy labels alike and not.
 */
export function bootableImage(seed = 1, size = 400): LayerFile[] {
  const { below, pick } = seededRandom(seed)
  const files = new Map<string, LayerFile>()
  const add = (file: LayerFile) => {
    if (files.has(file.name)) return false
    const parts = file.name.split('/').slice(0, -1)
    for (const [i] of parts.entries()) {
      const name = parts.slice(0, i + 1).join('/')
      const known = files.get(name)
      if (known !== undefined && known.type !== 'directory') return false
      if (known === undefined)
        files.set(name, { name, type: 'directory', mtime: 1_600_000_000 + i })
    }
    files.set(file.name, file)
    return true
  }
  for (const name of ['usr/', 'boot/efi/', 'sysroot/', 'run/', 'tmp/', 'home/user/.ssh/']) {
    add({ name: name.slice(0, -1), type: 'directory' })
  }
  add({ name: 'boot/vmlinuz', content: 'k'.repeat(100) })
  add({ name: 'usr/lib/modules/6.1/vmlinuz', type: 'link', linkname: 'boot/vmlinuz' })
  for (const [name, content] of Object.entries(selinuxPolicy())) add({ name, content })
  const regular: string[] = []
  while (files.size < size) {
    const middle = below(2) === 0 ? [] : [pick(WORDS)]
    const name = [pick(ROOTS), ...middle, pick(NAMES)].join('/')
    const kind = below(100)
    if (kind < 10) add({ name, type: pick(TYPES), linkname: 'x', devmajor: 1, devminor: 3 })
    else if (kind < 25 && regular.length > 0) add({ name, type: 'link', linkname: pick(regular) })
    else if (kind < 30) add({ name, type: 'directory' })
    else {
      const content = 'content '.repeat(below(30))
      const xattrs = below(5) === 0 ? { 'user.note': 'n', 'security.selinux': 'old_t' } : {}
      if (add({ name, content, xattrs })) regular.push(name)
    }
  }
  return [...files.values()].map(file =>
    file.type === 'directory' ? { ...file, name: `${file.name}/` } : file,
  )
}
