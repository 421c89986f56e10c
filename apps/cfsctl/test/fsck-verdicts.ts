import { cpSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { linuxSystem } from '@composefs/linux'
import { checkRepository, openRepository } from '@composefs/repository'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { checkDocument } from '../src/commands/check-report.ts'
import { noEffects } from '../src/commands/finding-effects.ts'
import { peer, runPeer } from './programs.ts'
import { unpack } from './unpack.ts'

/** What a check says, in words that do not depend on who says it. */
export interface Verdict {
  readonly counts: unknown
  /** Kind, path, and what of the details is data. Sorted. */
  readonly findings: readonly string[]
}

/** The check of the peer, or what keeps it from one. */
export function peerVerdict(path: string): Verdict | 'fails' {
  const { status, stdout } = runPeer(['--repo', path, 'fsck', '--json'])
  return status === 0 ? verdictOf(JSON.parse(stdout.toString())) : 'fails'
}

export async function ourVerdict(path: string): Promise<Verdict> {
  await using repository = await openRepository(path, { system: linuxSystem })
  return verdictOf(checkDocument(await checkRepository(repository), noEffects) as never)
}

function verdictOf({ errors, ...rest }: Record<string, unknown> & { errors: string[] }): Verdict {
  const counts = Object.fromEntries(
    Object.entries(rest).filter(([name]) =>
      /^ok$|^has_|checked$|corrupted$|links$|objects$/.test(name),
    ),
  )
  return { counts, findings: errors.map(withoutReason).sort() }
}

/** The reasons of these kinds are told in words, and everyone has their own. */
const withoutReason = (line: string) =>
  line.replace(
    /^(fsck: (?:object-invalid-name|[a-z]+-open-failed|image-invalid|object-verity-failed|stat-failed): .*?[^ ]+): .*/,
    '$1',
  )

export const object = 'objects/3d/e479f76e44186bee52d6bb42b55185b672371c62804155e12676905bad16eb'
export const image = '0b096f1cf936a25972f20a95d2cb515939fbfe41beb641ca7998433702ae5207'
export const otherImage = '4820a41e41802a11a1d32b0cc81a64bbc306de7350118a5bbeb2bcf4476eebee'
export const imageObject = `objects/${image.slice(0, 2)}/${image.slice(2)}`
export const layer =
  'streams/oci-layer-sha256:7cc76fddc0804f5cda1f28025842c1b8c2f989e09eec6063e97bd3130411db97'
export const manifest =
  'streams/oci-manifest-sha256:0893ad1d62090f53b5f7e054d8569a918421d97627c8777c7e3b808e44283135'

/** What we find, and what the peer finds, where it gets that far. */
export interface Difference {
  readonly ours: readonly string[]
  readonly theirs: readonly string[] | 'fails'
}

/** Spoils a repository; `at` gives the path of an entry. */
export type Spoil = (at: (entry: string) => string) => void

/** Returns what makes a fresh copy of a small repository, in `work`, and spoils it. */
export function spoiler(work: string): (spoil: Spoil) => string {
  const whole = join(work, 'sha256-v1')
  if (peer !== undefined) unpack(join(vectorsDirectory, 'repo/repos/sha256-v1.tar'), work)
  return spoil => {
    const path = join(work, 'spoiled')
    rmSync(path, { recursive: true, force: true })
    cpSync(whole, path, { recursive: true, verbatimSymlinks: true })
    spoil(entry => join(path, entry))
    return path
  }
}

export function replaceByLink(path: string, text: string): void {
  rmSync(path)
  symlinkSync(text, path)
}

/** The object that a link of `streams/` leads to. */
export function objectOf(link: string): string {
  return readlinkSync(link).slice('../'.length)
}
