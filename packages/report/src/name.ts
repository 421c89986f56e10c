/** A name or path: what is not UTF-8 stays as it is until somebody shows it. */
export type Name = Uint8Array
