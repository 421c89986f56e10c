import { parentPort } from 'node:worker_threads'
import { nodeHashing } from '@composefs/fsverity/node'
import { createOpensslHashing } from '@composefs/linux/hashing'
import { serveDigests } from '@composefs/repository/digest-thread'

/** The thread of `openDigester`: hashes the files that it is told to. */
if (parentPort !== null) serveDigests(parentPort, createOpensslHashing(nodeHashing))
