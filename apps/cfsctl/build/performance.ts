/** In the place of the global of this name, with which Node loads `node:perf_hooks`: 1.5 ms. */
export const performance = {
  now(): number {
    const [seconds, nanoseconds] = process.hrtime()
    return seconds * 1e3 + nanoseconds / 1e6
  },
}
