import { describe, expect, test } from 'vitest'
import { targetPath } from '../src/target/target-path.ts'

const PRESENT = new Set(['.', '/', '/srv', '/srv/a:b', '/srv/old', '/srv/old.tar'])

describe('the path of a target', () => {
  test.each([
    ['/srv/new', '/srv/new'],
    ['/srv/new:tag', '/srv/new'],
    ['/srv/new.tar:quay.io/a/b:1', '/srv/new.tar'],
    ['/srv/new.tar:app:1', '/srv/new.tar'],
    ['new:tag', 'new'],
    ['/srv/old.tar:app:1', '/srv/old.tar'],
    ['/srv/old:a/b:c', '/srv/old'],
    // A colon in the name of a directory.
    ['/srv/a:b/new:tag', '/srv/a:b/new'],
    ['/srv/a:b:tag', '/srv/a:b'],
    // Directories that are to be made.
    ['/srv/none/new:tag', undefined],
    [':tag', ':tag'],
  ])('in %s is %s', (text, path) => {
    expect(targetPath(text, name => PRESENT.has(name))).toBe(path)
  })
})
