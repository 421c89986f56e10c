import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { createLocalDigester, createThreadDigester, type FileDigester } from '@composefs/repository'
import type { Context } from '../context.ts'
import { hashing } from './platform.ts'

/** Most threads unless `--jobs` says otherwise: with more of them, the disk is what is waited for. */
const THREADS_MAX = 8
/** Room for short-lived objects in a thread: what it makes of a file is gone with the next one. */
const YOUNG_MEGABYTES = 2

/**
 * Who hashes files for a command: as many threads as `--jobs` says, by default one for each processor and at most
 * eight.
 */
export function openDigester({ globals, signal }: Context): FileDigester {
  const threads = globals.jobs ?? Math.min(availableParallelism(), THREADS_MAX)
  // One thread is faster without another one to talk to.
  if (threads === 1) return createLocalDigester(hashing, signal)
  return createThreadDigester({ threads, createWorker: startWorker, signal })
}

function startWorker(): Worker {
  const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_MEGABYTES }
  return new Worker(workerFile(), { resourceLimits })
}

/** The entry of the threads: beside this file's chunk in a build, else a source file. */
function workerFile(): URL {
  const isSource = import.meta.url.endsWith('.ts')
  return new URL(isSource ? '../digest-worker.ts' : './digest-worker.js', import.meta.url)
}
