import { parentPort } from 'node:worker_threads'
import { serveDigests } from '@composefs/repository/digest-thread'
import { engine } from './repository/engine.ts'

/** The thread of `openDigester`: hashes the files that it is told to. */
if (parentPort !== null) serveDigests(parentPort, engine.hashing)
