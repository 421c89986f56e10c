import { Digest, SHA512 } from '@composefs/fsverity'
import { computeDigests, isOciError, openSource } from '@composefs/oci'
import { isRegistryError } from '@composefs/registry'

const [image, expected] = process.argv.slice(2)
if (image === undefined) {
  console.error('usage: main.ts IMAGE [ID]')
  process.exit(2)
}

try {
  process.exitCode = await check(image, expected)
} catch (error) {
  // Codes are stable, messages are not: a job may look for one.
  if (!isOciError(error) && !isRegistryError(error)) throw error
  console.error(`${error.code}: ${error.message}`)
  process.exitCode = 1
}

/** @returns the exit status */
async function check(reference: string, wanted: string | undefined): Promise<number> {
  await using source = await openSource(reference)
  // The hash and the format of the repositories that the image is for.
  const [digests] = await computeDigests(source, { algorithms: [SHA512], versions: [1] })
  const id = digests?.ids[0]?.digest
  if (digests === undefined || id === undefined) return 1
  console.log(id.hex)
  console.error(`${reference}: manifest ${digests.manifestDigest}`)
  if (wanted === undefined) return 0
  if (Digest.fromHex(wanted)?.equals(id)) return 0
  console.error(`not the id that was expected: ${wanted}`)
  return 1
}
