import { OciError } from '../errors.ts'

/** The error with the image it is about, which the reader of a layer or of a document does not know. */
export function inImage(error: OciError, image: string): OciError {
  const { code, facts, message } = error
  // Errors of the source begin with its path.
  if (image.includes(message.slice(0, message.indexOf(': ')))) return error
  const options = error.cause === undefined ? undefined : { cause: error.cause }
  return new OciError(code, `${image}: ${message}`, { reference: image, ...facts }, options)
}
