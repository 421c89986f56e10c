import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, test } from 'vitest'
import { bytesOf, runOurs } from '../programs.ts'
import { startOurs } from '../running.ts'
import { temporaryDirectory } from '../temporary.ts'
import { expectError } from './expect-error.ts'
import { REGISTRY_ROWS } from './registry-rows.ts'

describe('an error of a registry', { timeout: 300_000 }, () => {
  const work = temporaryDirectory()

  test.each(REGISTRY_ROWS)('$title: $code, exit $exit', async row => {
    const repository = `${work}/${row.title}`
    bytesOf(runOurs(['-q', 'init', '--insecure', repository]))
    const server = createServer((_, response) => row.answer(response))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    try {
      const { port } = server.address() as AddressInfo
      const image = `docker://127.0.0.1:${port}/a/b:1`
      const options = ['--tls-verify=false', '--retry', '0', ...(row.options ?? [])]
      const args = ['--json', '-q', '--repo', repository, 'oci', 'pull', ...options, image]
      // Nothing of the configuration of this machine.
      expectError(await startOurs(args, { HOME: work, XDG_RUNTIME_DIR: work }).ended, row)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })
})
