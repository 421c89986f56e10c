/** One message of a connection, and the descriptors that came with it: whoever has it closes them. */
export interface SocketMessage {
  readonly data: Uint8Array
  readonly files: readonly number[]
}

/** One end of a connection that carries whole messages, as skopeo talks over it. */
export interface MessageSocket {
  /** Sends without waiting. Throws Node-shaped errors: EPIPE when the other end is closed. */
  send(data: Uint8Array): void
  /** Waits for a message; undefined when either end is closed. Throws the reason of `signal`. */
  receive(options: { readonly signal: AbortSignal }): Promise<SocketMessage | undefined>
  /** Closes this end. A `receive` that waits gives undefined. */
  close(): void
}

/**
 * What talking to skopeo asks of the operating system beyond Node: sockets of type SOCK_SEQPACKET that can carry
 * descriptors. The Linux implementation is `linuxSocketPairs` of `@composefs/linux`.
 */
export interface SocketPairs {
  /** Two connected ends: `socket` for us, `file` to be inherited by skopeo and then closed here. */
  create(): { readonly socket: MessageSocket; readonly file: number }
  /** Closes a descriptor that came from here. */
  closeFile(file: number): void
}
