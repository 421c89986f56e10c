import { statSync } from 'node:fs'
import { ErofsError } from '@composefs/erofs'
import { OciError } from '@composefs/oci'
import { RegistryError } from '@composefs/registry'
import { RepositoryError } from '@composefs/repository'
import { describe, expect, test } from 'vitest'
import { CliError, EXIT_STATUS, UsageError } from '../src/errors/cli-error.ts'
import { describeFailure } from '../src/errors/describe-failure.ts'
import { CLI_CODES } from '../src/errors/error-codes.ts'
import { InterruptError } from '../src/interrupt.ts'

function systemError(facts: Record<string, unknown>, cause?: unknown): Error {
  const message = `${facts.code}: whatever, ${facts.syscall} '${facts.path}'${facts.more ?? ''}`
  return Object.assign(new Error(message, { cause }), facts)
}

describe('the table of codes', () => {
  test('maps every code of a package to one with an exit status', () => {
    for (const [code, cliCode] of CLI_CODES) {
      expect(code).toMatch(
        /^ERR_(TREE|SPLITSTREAM|EROFS|REPOSITORY|OCI|REGISTRY|LINUX)_[A-Z0-9_]+$/,
      )
      expect(EXIT_STATUS[cliCode]).toBeGreaterThan(0)
    }
  })

  test.each([
    [new OciError('ERR_OCI_NO_SUCH_IMAGE', 'x'), 'tag-not-found', 3],
    [new OciError('ERR_OCI_DIFF_ID_MISMATCH', 'x'), 'diff-id-mismatch', 4],
    [new OciError('ERR_OCI_UNSUPPORTED_TRANSPORT', 'x'), 'feature-unsupported', 5],
    [new OciError('ERR_OCI_TAR_SPARSE', 'x'), 'tar-invalid', 1],
    [new OciError('ERR_OCI_BAD_TAG', 'x'), 'invalid-name', 2],
    [new ErofsError('ERR_EROFS_LOOP', 'x'), 'image-invalid', 1],
    [new RepositoryError('ERR_REPOSITORY_LOCKED', 'x'), 'locked', 6],
    [new RepositoryError('ERR_REPOSITORY_IMAGE_NOT_FOUND', 'x'), 'image-not-found', 3],
    [new RepositoryError('ERR_REPOSITORY_CONFLICT', 'x'), 'repository-conflict', 1],
    [new RepositoryError('ERR_REPOSITORY_VERITY_UNSUPPORTED', 'x'), 'verity-unsupported', 5],
    [systemError({ code: 'ENOSPC', syscall: 'write' }), 'no-space', 1],
    [
      systemError({ code: 'Unknown system error -122', errno: -122, syscall: 'write' }),
      'no-space',
      1,
    ],
    [systemError({ code: 'EPERM', syscall: 'open' }), 'not-permitted', 5],
    [systemError({ code: 'EIO', syscall: 'read' }), 'io-error', 1],
    [new UsageError('x', 'y'), 'usage', 2],
    [new CliError('layer-not-found', 'x'), 'layer-not-found', 3],
    [new InterruptError('SIGINT'), 'interrupted', 130],
    [new InterruptError('SIGTERM'), 'terminated', 143],
    [new InterruptError('SIGHUP'), 'hung-up', 129],
    [new TypeError('a mistake of ours'), 'internal', 1],
    ['thrown by a stranger', 'internal', 1],
  ])('%s is %s, exit %i', (error, code, exitStatus) => {
    expect(describeFailure(error)).toMatchObject({ code, exitStatus })
  })
})

describe('a message', () => {
  test.each([
    [
      'of a chain',
      new Error('reading the layer', { cause: new Error('bad block') }),
      'reading the layer: bad block',
    ],
    ['that tells its cause already', new Error('a: b', { cause: new Error('b') }), 'a: b'],
    [
      'of a layer',
      new OciError('ERR_OCI_TAR_SPARSE', 'a sparse file', {
        layer: 2,
        diffId: 'sha256:ab',
        entry: '/x',
      }),
      'layer 2 (sha256:ab): /x: a sparse file',
    ],
    [
      'that names its layer itself',
      new OciError('ERR_OCI_TAR_SPARSE', 'layer 2 (sha256:ab): /x: a sparse file', {
        layer: 2,
        diffId: 'sha256:ab',
        entry: '/x',
      }),
      'layer 2 (sha256:ab): /x: a sparse file',
    ],
    [
      'of a place in a layer',
      new OciError('ERR_OCI_TAR_BAD_CHECKSUM', 'layer 2 (sha256:ab): a wrong checksum', {
        layer: 2,
        diffId: 'sha256:ab',
        offset: 1536,
      }),
      'layer 2 (sha256:ab): a wrong checksum, at byte 1536',
    ],
    [
      'of a system call',
      systemError({ code: 'ENOENT', errno: -2, syscall: 'open', path: '/a' }),
      '/a: no such file or directory',
    ],
    [
      'of a system call whose error Node does not know',
      systemError({
        code: 'Unknown system error -122',
        errno: -122,
        syscall: 'symlink',
        path: '/a',
      }),
      '/a: disk quota exceeded',
    ],
    [
      'of a system call with what it means',
      systemError({
        code: 'EINVAL',
        errno: -22,
        syscall: 'fsconfig',
        path: '/a',
        more: '; too old',
      }),
      '/a: invalid argument: too old',
    ],
    [
      'of a system call without a name of its error',
      systemError({ code: 'EFUTURE', errno: -999, syscall: 'fsconfig', path: '/a' }),
      '/a: whatever',
    ],
    [
      'of a system call that was given another path',
      systemError(
        { code: 'ENOENT', errno: -2, syscall: 'open', path: '/a' },
        systemError({ code: 'ENOENT', errno: -2, syscall: 'open', path: '/proc/self/fd/3/a' }),
      ),
      '/a: no such file or directory',
    ],
  ])('%s', (_, error, expected) => {
    expect(describeFailure(error).message).toBe(expected)
  })

  test('of an error of Node', () => {
    expect(() => statSync('/nowhere/at/all')).toThrow()
    try {
      statSync('/nowhere/at/all')
    } catch (error) {
      expect(describeFailure(error).message).toBe('/nowhere/at/all: no such file or directory')
    }
  })

  test('of OpenSSL is its reason', () => {
    const cause = Object.assign(
      new Error('40:error:0A:SSL routines:x:wrong version number:y.c:77:\n'),
      {
        code: 'ERR_SSL_WRONG_VERSION_NUMBER',
        reason: 'wrong version number',
      },
    )
    const error = new RegistryError('ERR_REGISTRY_TLS', 'it speaks plain HTTP', {}, { cause })
    expect(describeFailure(error).message).toBe('it speaks plain HTTP: wrong version number')
  })

  test('of errors that cause each other ends', () => {
    const error = new Error('a')
    error.cause = new Error('b', { cause: error })
    expect(describeFailure(error).message).toBe('a: b')
  })
})

describe('hints', () => {
  test.each([
    [
      new OciError('ERR_OCI_UNKNOWN_TRANSPORT', 'x', { reference: 'quay.io/a/b:c' }),
      'did you mean docker://quay.io/a/b:c?',
    ],
    [
      new OciError('ERR_OCI_UNKNOWN_TRANSPORT', 'x', { reference: 'debian:12' }),
      'did you mean docker://docker.io/library/debian:12?',
    ],
    [
      new OciError('ERR_OCI_UNKNOWN_TRANSPORT', 'x', { reference: 'app.tar:1' }),
      'did you mean oci-archive:app.tar:1?',
    ],
    [
      new OciError('ERR_OCI_UNKNOWN_TRANSPORT', 'x', { reference: './layout:1' }),
      'did you mean oci:./layout:1?',
    ],
    [
      new RegistryError('ERR_REGISTRY_UNQUALIFIED', 'x', {
        choices: ['docker.io/library/debian:12', 'quay.io/debian:12'],
      }),
      'name the registry: docker://docker.io/library/debian:12',
    ],
    [
      new RegistryError('ERR_REGISTRY_UNAUTHORIZED', 'x', { registry: 'quay.io' }),
      'log in by podman login quay.io, or name a file with credentials by --authfile FILE',
    ],
    [new OciError('ERR_OCI_NO_SUCH_IMAGE', 'x', { choices: ['app:1'] }), 'did you mean app:1?'],
    [
      new OciError('ERR_OCI_DIGEST_MISMATCH', 'x', { expected: 'sha256:a', actual: 'sha256:b' }),
      'expected sha256:a, found sha256:b',
    ],
    [
      new RepositoryError('ERR_REPOSITORY_LOCKED', 'x', { holders: [{ pid: 7, command: 'gc' }] }),
      'process 7 holds the lock: gc',
    ],
    [new RepositoryError('ERR_REPOSITORY_VERITY_UNSUPPORTED', 'x'), 'cfsctl init --insecure'],
    [new RepositoryError('ERR_REPOSITORY_LEGACY', 'x'), '--no-upgrade'],
  ])('of %s: %s', (error, hint) => {
    expect(describeFailure(error).hints.join('\n')).toContain(hint)
  })

  test('facts are told to programs in snake_case', () => {
    const error = new OciError('ERR_OCI_DIFF_ID_MISMATCH', 'x', {
      diffId: 'sha256:a',
      layer: 1,
      choices: ['a'],
    })
    expect(describeFailure(error).context).toEqual({
      diff_id: 'sha256:a',
      layer: 1,
      choices: ['a'],
      cause: 'ERR_OCI_DIFF_ID_MISMATCH',
    })
  })
})
