import { parentPort } from 'node:worker_threads'
import { serveDigests } from '@composefs/repository'
import { hashing } from './repository/platform.ts'

/** The thread of `openDigester`: hashes the files that it is told to. */
if (parentPort !== null) serveDigests(parentPort, hashing)
