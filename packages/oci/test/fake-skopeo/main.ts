// A stand-in for `skopeo experimental-image-proxy`, with the faults that FAKE_SKOPEO tells.

import { createHash } from 'node:crypto'
import {
  appendFileSync,
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeNode, SeqpacketSocket } from '@composefs/linux'
import type { SkopeoBehaviour, SkopeoFault } from './behaviour.ts'

interface Request {
  readonly method: string
  readonly args: readonly unknown[]
}

interface Answer {
  readonly value?: unknown
  readonly pipeId?: number
  readonly files?: readonly number[]
}

/** A pipe that is being filled. */
interface Pipe {
  readonly readEnd: number
  readonly writer: Socket
  /** What went wrong with it, when all is written that will be. */
  readonly done: Promise<string | undefined>
}

const behaviour = JSON.parse(process.env.FAKE_SKOPEO ?? '{}') as SkopeoBehaviour
const socket = new SeqpacketSocket(0)
const pipes = new Map<number, Pipe>()
const calls = new Map<string, number>()
const start = countStarts() + 1
let lastPipe = 6

class Refusal extends Error {
  readonly code: string
  constructor(message: string, code = 'other') {
    super(message)
    this.code = code
  }
}

tell({ start, args: process.argv.slice(2), passwords: readPasswords() })
for (;;) {
  const message = await socket.receive()
  if (message === undefined) process.exit(0)
  const request = JSON.parse(Buffer.from(message.data).toString()) as Request
  tell({ start, ...request })
  if (request.method === 'Shutdown') process.exit(0)
  await answer(request)
}

async function answer({ method, args }: Request): Promise<void> {
  const call = (calls.get(method) ?? 0) + 1
  calls.set(method, call)
  const fault = behaviour.faults?.find(
    each => each.on === method && (each.start ?? start) === start && (each.call ?? call) === call,
  )?.effect
  switch (fault?.kind) {
    case 'stall':
      await new Promise(() => setInterval(() => {}, 1000))
      break
    case 'exit':
      process.stderr.write(fault.message)
      process.exit(fault.status)
      break
    case 'kill':
      process.kill(process.pid, 'SIGKILL')
      break
    case 'garble':
      socket.send(Buffer.from(fault.text))
      return
  }
  try {
    if (fault?.kind === 'refuse') throw new Refusal(fault.message, fault.code)
    reply(disturb(await perform(method, args, fault), fault))
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const { message, code } = error
    send({ success: false, value: null, pipeid: 0, error_code: code, error: message })
  }
}

function disturb(answer: Answer, fault: SkopeoFault['effect'] | undefined): Answer {
  const { files = [] } = answer
  switch (fault?.kind) {
    case 'no-pipe':
      return { ...answer, files: files.map(() => openSync('/', 'r')) }
    case 'no-files':
      return { ...answer, files: [] }
    case 'extra-files':
      return { ...answer, files: [...files, ...Array.from({ length: fault.count }, nothing)] }
    case 'announce':
      return { ...answer, value: fault.size }
    default:
      return answer
  }
}

function nothing(): number {
  return openSync('/dev/null', 'r')
}

async function perform(
  method: string,
  args: readonly unknown[],
  fault: SkopeoFault['effect'] | undefined,
): Promise<Answer> {
  const patch = Number(behaviour.version.split('.')[2])
  switch (method) {
    case 'Initialize':
      return { value: behaviour.version }
    case 'OpenImage':
      if (behaviour.isMissing) throw new Refusal('no such image')
      return { value: 1 }
    case 'OpenImageOptional':
      if (patch < 4) break
      return { value: behaviour.isMissing ? 0 : 1 }
    case 'CloseImage':
      return {}
    case 'GetManifest': {
      const digest = `sha256:${createHash('sha256').update(behaviour.manifest).digest('hex')}`
      return filled(Buffer.from(behaviour.manifest), behaviour.original ?? digest, fault)
    }
    case 'GetFullConfig':
      return filled(Buffer.from(behaviour.config), null, fault)
    case 'GetLayerInfoPiped':
      if (patch < 7) break
      return filled(Buffer.from(JSON.stringify(behaviour.layerInfo)), null, fault)
    case 'GetBlob': {
      const [, digest, size] = args
      const bytes = blob(String(digest))
      return filled(bytes, bytes.length, fault, `${size}`)
    }
    case 'GetRawBlob': {
      if (patch < 8) break
      const bytes = blob(String(args[1]))
      return raw(bytes, fault)
    }
    case 'FinishPipe': {
      const pipe = pipes.get(Number(args[0]))
      if (pipe === undefined) throw new Refusal(`finishpipe: no active pipe ${args[0]}`)
      pipes.delete(Number(args[0]))
      const error = await pipe.done
      pipe.writer.destroy()
      if (error !== undefined) throw new Refusal(error)
      return {}
    }
  }
  throw new Refusal(`unknown method: ${method}`)
}

function blob(digest: string): Buffer {
  try {
    return readFileSync(join(behaviour.blobs, digest))
  } catch {
    throw new Refusal(`Unknown blob ${digest}`)
  }
}

/** A pipe that is open until FinishPipe. */
function filled(
  bytes: Buffer,
  value: unknown,
  fault: SkopeoFault['effect'] | undefined,
  size = `${bytes.length}`,
): Answer {
  const pipe = openPipe(async writer => {
    const error = await fill(writer, bytes, fault)
    if (error !== undefined) return error.message
    const count = bytes.length + (fault?.kind === 'append' ? fault.bytes : 0)
    return `${count}` === size ? undefined : `expected ${size} bytes in blob, got ${count}`
  })
  lastPipe++
  pipes.set(lastPipe, pipe)
  return { value, pipeId: lastPipe, files: [pipe.readEnd] }
}

/** Two pipes that end by themselves. */
function raw(bytes: Buffer, fault: SkopeoFault['effect'] | undefined): Answer {
  const errors: { done?: (text: string) => void } = {}
  const told = new Promise<string>(resolve => {
    errors.done = resolve
  })
  const data = openPipe(async writer => {
    const error = await fill(writer, bytes, fault)
    errors.done?.(error === undefined ? '' : JSON.stringify(error))
    writer.destroy()
    return undefined
  })
  const error = openPipe(async writer => {
    await write(writer, Buffer.from(await told))
    writer.destroy()
    return undefined
  })
  return { value: bytes.length, files: [data.readEnd, error.readEnd] }
}

async function fill(
  writer: Socket,
  bytes: Buffer,
  fault: SkopeoFault['effect'] | undefined,
): Promise<{ code: string; message: string } | undefined> {
  const cut = fault !== undefined && 'bytes' in fault && fault.kind !== 'append'
  const length = cut ? fault.bytes : bytes.length
  if (!(await write(writer, bytes.subarray(0, length)))) {
    return { code: 'EPIPE', message: 'write: broken pipe' }
  }
  switch (fault?.kind) {
    case 'stall-after':
      await new Promise(() => setInterval(() => {}, 1000))
      break
    case 'exit-after':
      process.exit(9)
      break
    case 'break-after':
      return { code: fault.code ?? 'other', message: fault.message }
    case 'pause-after':
      await new Promise(resolve => setTimeout(resolve, fault.ms))
      await write(writer, bytes.subarray(length))
      break
    case 'append':
      await write(writer, Buffer.alloc(fault.bytes))
      break
  }
  return undefined
}

/** False when nobody reads any more. */
function write(writer: Socket, bytes: Buffer): Promise<boolean> {
  if (bytes.length === 0) return Promise.resolve(true)
  return new Promise(resolve => writer.write(bytes, error => resolve(!error)))
}

/** Node makes no pipes, but it opens those that have a name. */
function openPipe(work: (writer: Socket) => Promise<string | undefined>): Pipe {
  const directory = mkdtempSync(join(tmpdir(), 'fake-skopeo-'))
  try {
    const path = join(directory, 'pipe')
    makeNode(path, constants.S_IFIFO | 0o600)
    const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const writer = new Socket({ fd: openSync(path, 'w'), readable: false, writable: true })
    writer.on('error', () => {})
    return { readEnd, writer, done: work(writer) }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function reply({ value = null, pipeId = 0, files = [] }: Answer): void {
  send({ success: true, value, pipeid: pipeId, error: '' }, files)
  for (const file of files) closeSync(file)
}

function send(body: object, files: readonly number[] = []): void {
  socket.send(Buffer.from(JSON.stringify(body)), files)
}

function tell(line: object): void {
  appendFileSync(behaviour.log, `${JSON.stringify(line)}\n`)
}

function countStarts(): number {
  try {
    const lines = readFileSync(behaviour.log, 'utf8').split('\n')
    return lines.filter(line => line.includes('"passwords"')).length
  } catch {
    return 0
  }
}

function readPasswords(): string | null {
  const path = process.argv.find(argument => argument.startsWith('--authfile='))
  return path === undefined ? null : readFileSync(path.slice('--authfile='.length), 'utf8')
}
