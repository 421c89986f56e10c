declare module 'postject' {
  /** Puts `data` into an executable file as a resource of this name. */
  export function inject(
    file: string,
    resource: string,
    data: Buffer,
    options: { sentinelFuse: string },
  ): Promise<void>
}
