import { concatBytes } from '@composefs/bytes'
import { JSON_SIZE_MAX } from '../../document/json.ts'
import { isOciError, OciError } from '../../errors.ts'
import { PipeReader } from './pipe-reader.ts'
import {
  type ProxyMethod,
  type ProxyReply,
  protocolError,
  requireInteger,
  requireText,
} from './protocol.ts'
import { type ProxyAbilities, readVersion } from './protocol-version.ts'
import { ProxyConnection } from './proxy-connection.ts'
import { skopeoCommand } from './skopeo-command.ts'
import type { OpenSkopeoOptions } from './skopeo-options.ts'
import { SkopeoProcess } from './skopeo-process.ts'

/** Default of how long nothing may come, in ms. */
const IDLE_TIMEOUT = 60_000

/** Transports that hand over or unpack the whole image first, without a sign of life. */
const SLOW_TO_OPEN = /^(?:docker-daemon|docker-archive|oci-archive|tarball|sif|ostree):/

/** How many times longer that may take. */
const PATIENCE = 10

/** How long the answer to the first request may take where nothing else is wanted, in ms. */
const PROBE_TIMEOUT = 10_000

/** How long saying good-bye may take, in ms. */
const FAREWELL = 1000

/** One skopeo with the image open. Must be closed. */
export class ProxySession {
  readonly abilities: ProxyAbilities
  readonly connection: ProxyConnection
  /** How skopeo calls the image. */
  readonly image: number
  readonly closeFile: (file: number) => void
  readonly idleTimeoutMs: number
  readonly #process: SkopeoProcess
  readonly #openTimeoutMs: number

  private constructor(
    parts: Pick<
      ProxySession,
      'abilities' | 'connection' | 'image' | 'closeFile' | 'idleTimeoutMs'
    > & { readonly process: SkopeoProcess; readonly openTimeoutMs: number },
  ) {
    this.#process = parts.process
    this.#openTimeoutMs = parts.openTimeoutMs
    this.connection = parts.connection
    this.abilities = parts.abilities
    this.image = parts.image
    this.closeFile = parts.closeFile
    this.idleTimeoutMs = parts.idleTimeoutMs
  }

  /**
   * Starts skopeo and opens the image.
   *
   * @param reference with its transport
   * @throws OciError ERR_OCI_SKOPEO_* for what can be wrong with skopeo, ERR_OCI_SOURCE_NOT_FOUND
   */
  static async open(
    reference: string,
    options: OpenSkopeoOptions,
    signal?: AbortSignal,
  ): Promise<ProxySession> {
    const { sockets } = options.skopeo
    const { idleTimeoutMs = IDLE_TIMEOUT } = options.registry ?? {}
    const closeFile = (file: number) => sockets.closeFile(file)
    const process = new SkopeoProcess(skopeoCommand(reference, options), sockets)
    const connection = new ProxyConnection(process, { closeFile, timeoutMs: idleTimeoutMs })
    try {
      const abilities = await greet(connection, signal)
      const method = abilities.openImageOptional ? 'OpenImageOptional' : 'OpenImage'
      const timeoutMs = idleTimeoutMs * (SLOW_TO_OPEN.test(reference) ? PATIENCE : 1)
      const reply = await connection.request(method, [reference], { signal, timeoutMs })
      connection.closeFiles(reply.files)
      const image = requireInteger(method, reply.value)
      if (image === 0) throw notFound(reference)
      const parts = { process, connection, abilities, image, closeFile, idleTimeoutMs }
      return new ProxySession({ ...parts, openTimeoutMs: timeoutMs })
    } catch (error) {
      await process.stop(connection.isBusy)
      throw error
    }
  }

  /** What skopeo can do, without an image. */
  static async probe(
    skopeo: OpenSkopeoOptions['skopeo'],
    signal?: AbortSignal,
  ): Promise<ProxyAbilities> {
    const { sockets } = skopeo
    const process = new SkopeoProcess(skopeoCommand('', { skopeo }), sockets)
    const closeFile = (file: number) => sockets.closeFile(file)
    const connection = new ProxyConnection(process, { closeFile, timeoutMs: PROBE_TIMEOUT })
    try {
      const abilities = await greet(connection, signal)
      connection.shutDown()
      return abilities
    } finally {
      await process.stop(connection.isBusy)
    }
  }

  /** True while it can be used. */
  get isAlive(): boolean {
    return this.connection.failure === undefined
  }

  /** The manifest in OCI form, and the digest of the document that it was made of. */
  async manifest(signal?: AbortSignal): Promise<{ bytes: Uint8Array; originalDigest: string }> {
    const { bytes, value } = await this.document('GetManifest', signal)
    return { bytes, originalDigest: requireText('GetManifest', value) }
  }

  /**
   * Reads a document of the image that skopeo has in its memory.
   *
   * @throws OciError ERR_OCI_BAD_JSON for more than JSON_SIZE_MAX bytes, ERR_OCI_SKOPEO_*
   */
  async document(
    method: 'GetManifest' | 'GetFullConfig' | 'GetLayerInfoPiped',
    signal?: AbortSignal,
  ): Promise<{ bytes: Uint8Array; value: unknown }> {
    const timeoutMs = this.#openTimeoutMs
    const reply = await this.connection.request(method, [this.image], { signal, timeoutMs })
    const reader = this.openPipe(method, reply)
    const { pipeId, value } = reply
    // It ends when we have read everything, and we see the end when it has.
    const finished = this.connection.request('FinishPipe', [pipeId], { signal })
    finished.catch(error => reader.close(error))
    try {
      const bytes = await readDocument(method, reader)
      this.connection.closeFiles((await finished).files)
      return { bytes, value }
    } finally {
      reader.close()
      await finished.catch(() => {})
    }
  }

  /** The one pipe of a reply; what else came is closed. */
  openPipe(
    method: ProxyMethod,
    { files, pipeId }: ProxyReply,
    patience: { readonly quietMs?: number; onQuiet?(): void } = {},
  ): PipeReader {
    const [file] = files
    if (file === undefined || files.length > 1 || pipeId === 0) {
      this.connection.closeFiles(files)
      throw protocolError(method, `${files.length} descriptors and pipe ${pipeId}`)
    }
    const { closeFile, idleTimeoutMs } = this
    return new PipeReader(file, method, { closeFile, idleTimeoutMs, ...patience })
  }

  /** Says good-bye, where skopeo listens, and ends the process. */
  async close(): Promise<void> {
    const { connection } = this
    if (this.isAlive && !connection.isBusy) await this.#sayGoodBye()
    await this.#process.stop(connection.isBusy)
  }

  async #sayGoodBye(): Promise<void> {
    const { connection } = this
    try {
      const options = { timeoutMs: FAREWELL }
      const { files } = await connection.request('CloseImage', [this.image], options)
      connection.closeFiles(files)
      connection.shutDown()
    } catch (error) {
      // It is ended in any case. EPIPE: it has ended by itself.
      const { code } = error as NodeJS.ErrnoException
      if (!(error instanceof OciError) && code !== 'EPIPE') throw error
    }
  }
}

async function greet(connection: ProxyConnection, signal?: AbortSignal): Promise<ProxyAbilities> {
  let reply: ProxyReply
  try {
    reply = await connection.request('Initialize', [], { signal })
  } catch (error) {
    if (!isOciError(error, 'ERR_OCI_SKOPEO_ENDED')) throw error
    const { message } = error
    const facts = { ...error.facts, method: 'Initialize' }
    throw /unknown command/.test(message)
      ? new OciError(
          'ERR_OCI_SKOPEO_VERSION',
          `this skopeo has no image proxy (${message})`,
          { ...facts, expected: '^0.2.3' },
          { cause: error },
        )
      : new OciError(error.code, message, facts)
  }
  connection.closeFiles(reply.files)
  return readVersion(requireText('Initialize', reply.value))
}

async function readDocument(method: ProxyMethod, reader: PipeReader): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for (;;) {
    const chunk = await reader.next()
    if (chunk === undefined) return concatBytes(chunks)
    size += chunk.length
    if (size > JSON_SIZE_MAX) {
      throw new OciError(
        'ERR_OCI_BAD_JSON',
        `skopeo gave more than ${JSON_SIZE_MAX} bytes for ${method}`,
        { expected: JSON_SIZE_MAX },
      )
    }
    chunks.push(chunk)
  }
}

function notFound(reference: string): OciError {
  return new OciError('ERR_OCI_SOURCE_NOT_FOUND', `${reference}: there is no such image`, {
    reference,
  })
}
