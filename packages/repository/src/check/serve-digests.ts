import type { MessagePort } from 'node:worker_threads'
import { algorithmByName, type Hashing } from '@composefs/fsverity'
import { isFileError } from '../reason.ts'
import type { DigestAnswer, DigestFailure, DigestRequest } from './digest-messages.ts'
import { createFileHasher, type FileHasher } from './file-digester.ts'

/**
 * Answers the requests of `createThreadDigester` for as long as the port is open: what a worker of it has to do.
 *
 * @example
 * if (parentPort !== null) serveDigests(parentPort, nodeHashing)
 */
export function serveDigests(port: MessagePort, hashing: Hashing): void {
  const hashFile = createFileHasher(hashing)
  // What is thrown here ends the thread with an error that its owner sees.
  port.on('message', (request: DigestRequest) => port.postMessage(answer(request, hashFile)))
}

function answer({ id, algorithm: name, paths }: DigestRequest, hashFile: FileHasher): DigestAnswer {
  const algorithm = algorithmByName(name)
  if (algorithm === undefined) throw new TypeError(`no algorithm ${name}`)
  const digests = new Uint8Array(paths.length * algorithm.digestSize)
  const failures: DigestFailure[] = []
  for (const [index, path] of paths.entries()) {
    try {
      digests.set(runToEnd(hashFile(path, algorithm)), index * algorithm.digestSize)
    } catch (error) {
      if (!isFileError(error)) throw error
      const { code = '', message, syscall } = error
      failures.push({ index, code, message, syscall })
    }
  }
  return { id, digests, failures }
}

function runToEnd(steps: Generator<void, Uint8Array>): Uint8Array {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}
