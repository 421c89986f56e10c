import { isOciError, type OciErrorCode } from '../src/index.ts'

/** The code of the OciError that `act` ends with, undefined when it succeeds. Other errors pass through. */
export async function ociCode(act: () => unknown): Promise<OciErrorCode | undefined> {
  try {
    await act()
  } catch (error) {
    if (isOciError(error)) return error.code
    throw error
  }
  return undefined
}
