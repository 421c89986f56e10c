import { concatBytes } from '@composefs/bytes'
import { isOciError, OciError } from '../../errors.ts'
import { JSON_SIZE_MAX } from '../../json.ts'
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

/** How many times longer opening may take where the daemon first packs and hands over the whole image. */
const DAEMON_PATIENCE = 10

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

  private constructor(parts: {
    process: SkopeoProcess
    connection: ProxyConnection
    abilities: ProxyAbilities
    image: number
    closeFile: (file: number) => void
    idleTimeoutMs: number
  }) {
    this.#process = parts.process
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
      const patience = reference.startsWith('docker-daemon:') ? DAEMON_PATIENCE : 1
      const method = abilities.openImageOptional ? 'OpenImageOptional' : 'OpenImage'
      const timeoutMs = idleTimeoutMs * patience
      const reply = await connection.request(method, [reference], { signal, timeoutMs })
      connection.closeFiles(reply.files)
      const image = requireInteger(method, reply.value)
      if (image === 0) throw notFound(reference)
      return new ProxySession({
        process,
        connection,
        abilities,
        image,
        closeFile,
        idleTimeoutMs,
      })
    } catch (error) {
      await process.stop()
      throw error
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
    const reply = await this.connection.request(method, [this.image], { signal })
    const reader = this.openPipe(method, reply)
    const { pipeId, value } = reply
    // It ends when we have read everything, and we see the end when it has.
    const finished = this.connection.request('FinishPipe', [pipeId], { signal })
    finished.catch(error => reader.close(error))
    try {
      const bytes = await readDocument(method, reader)
      this.connection.closeFiles((await finished).files)
      return { bytes, value }
    } catch (error) {
      reader.close()
      await finished.catch(() => {})
      throw error
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

  /** Says good-bye and ends the process. */
  async close(): Promise<void> {
    const { connection } = this
    try {
      if (this.isAlive) {
        const timeoutMs = FAREWELL
        const { files } = await connection.request('CloseImage', [this.image], { timeoutMs })
        connection.closeFiles(files)
        connection.shutDown()
      }
    } catch (error) {
      // Closed it is, one way or the other.
      if (!(error instanceof OciError)) throw error
    } finally {
      await this.#process.stop()
    }
  }
}

async function greet(connection: ProxyConnection, signal?: AbortSignal): Promise<ProxyAbilities> {
  let reply: ProxyReply
  try {
    reply = await connection.request('Initialize', [], { signal })
  } catch (error) {
    throw isOciError(error, 'ERR_OCI_SKOPEO_ENDED') && /unknown command/.test(error.message)
      ? new OciError(
          'ERR_OCI_SKOPEO_VERSION',
          `this skopeo has no image proxy (${error.message})`,
          { ...error.facts, expected: '^0.2.3' },
          { cause: error },
        )
      : error
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
