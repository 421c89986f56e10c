import { EACCES, EPERM, errnoOf } from '../errno.ts'

/** How something went that was tried out. */
export type Trial<Facts extends object = object> =
  | ({ readonly outcome: 'works' } & Facts)
  /** `denied`: this process may not do it, so whether the kernel can is not known. */
  | { readonly outcome: 'fails' | 'denied'; readonly error: Error }
  /** What it builds on did not work. */
  | { readonly outcome: 'untried' }

/** Tries something out. */
export function attemptTrial<Facts extends object>(work: () => Facts): Trial<Facts> {
  try {
    return { outcome: 'works', ...work() }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const isDenied = [EPERM, EACCES].includes(errnoOf(error))
    return { outcome: isDenied ? 'denied' : 'fails', error }
  }
}
