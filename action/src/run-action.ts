import { type Digest, formatAlgorithm } from '@composefs/fsverity'
import {
  computeDigests,
  type ExportSealedResult,
  exportSealed,
  formatPlatform,
  type ImageDigests,
  type ImageSource,
  type Notice,
  openSource,
  openTarget,
  type Progress,
} from '@composefs/oci'
import { InputError, type Inputs } from './inputs.ts'
import type { Runner } from './runner.ts'
import { type SummaryRow, summaryTable } from './summary.ts'

/** An image with another id than the workflow expects. */
export class UnexpectedIdError extends Error {
  override readonly name = 'UnexpectedIdError'
}

/**
 * Computes the id of the image, compares it, and seals. Outputs and summary are written also for an id that was not
 * expected, since they say what it is.
 *
 * @throws UnexpectedIdError; what computeDigests and exportSealed throw
 */
export async function runAction(
  runner: Runner,
  inputs: Inputs,
  signal: AbortSignal,
): Promise<void> {
  const { image, algorithm, erofsVersion, expected } = inputs
  await using source = await openImage(runner, inputs, signal)
  const listeners = {
    onNotice: ({ level, message }: Notice) => runner.annotate(level, message),
    onProgress: (progress: Progress) => logProgress(runner, progress),
    signal,
  }
  const [digests] = await runner.group('layers', () =>
    computeDigests(source, {
      algorithms: [algorithm],
      versions: [erofsVersion],
      ...listeners,
    }),
  )
  const id = digests?.ids[0]?.digest
  if (digests === undefined || id === undefined) throw new InputError('no id was computed')
  writeOutputs(runner, inputs, { digests, id })
  const rows = idRows(inputs, { digests, id })
  const summarize = (more: readonly SummaryRow[] = []) => {
    if (inputs.summary) runner.summary(summaryTable(runner.redact(image), [...rows, ...more]))
  }
  if (expected !== undefined && !expected.equals(id)) {
    summarize()
    throw new UnexpectedIdError(`the image has the id ${id.hex}, not ${expected.hex}`)
  }
  if (inputs.sealTo === undefined) return summarize()
  await using target = await openTarget(inputs.sealTo, { registry: inputs.registry })
  const sealed = await runner.group('sealed image', () =>
    exportSealed(source, target, {
      image: id,
      manifestDigest: digests.manifestDigest,
      ...listeners,
    }),
  )
  writeSealed(runner, sealed)
  summarize(sealedRows(sealed))
}

async function openImage(
  { env }: Runner,
  { image, platform, registry }: Inputs,
  signal: AbortSignal,
): Promise<ImageSource> {
  const temporaryDirectory = env.RUNNER_TEMP
  return await openSource(image, {
    registry,
    signal,
    ...(platform === undefined ? {} : { platform }),
    ...(temporaryDirectory === undefined || temporaryDirectory === ''
      ? {}
      : { temporaryDirectory }),
  })
}

function logProgress(runner: Runner, progress: Progress): void {
  if (progress.kind === 'skipped') runner.log(`${progress.id} is there`)
  if (progress.kind === 'done') runner.log(`${progress.id}: ${progress.transferred} bytes`)
}

interface ComputedId {
  readonly digests: ImageDigests
  readonly id: Digest
}

function writeOutputs(runner: Runner, inputs: Inputs, { digests, id }: ComputedId): void {
  runner.log(`image id: ${id.hex}`)
  const { manifestDigest, configDigest, platform } = digests
  runner.output('image-id', id.hex)
  runner.output('algorithm', formatAlgorithm(inputs.algorithm))
  runner.output('erofs-version', String(inputs.erofsVersion))
  runner.output('manifest-digest', manifestDigest)
  runner.output('config-digest', configDigest)
  runner.output('platform', platform === null ? '' : formatPlatform(platform))
}

function writeSealed(runner: Runner, sealed: ExportSealedResult): void {
  runner.log(`sealed: ${sealed.manifestDigest}`)
  runner.output('sealed-digest', sealed.manifestDigest)
  runner.output('sealed-config-digest', sealed.configDigest)
  runner.output('sealed-changed', String(sealed.changed))
}

function idRows(
  { algorithm, erofsVersion, expected }: Inputs,
  { digests, id }: ComputedId,
): SummaryRow[] {
  const { manifestDigest, configDigest, platform } = digests
  return [
    { name: 'Image id', value: id.hex },
    ...(expected === undefined ? [] : [expectedRow(expected, id)]),
    {
      name: 'Hash and format',
      value: '',
      remark: `${formatAlgorithm(algorithm)}, EROFS V${erofsVersion}`,
    },
    { name: 'Manifest', value: manifestDigest },
    { name: 'Config', value: configDigest },
    ...(platform === null ? [] : [{ name: 'Platform', value: formatPlatform(platform) }]),
  ]
}

function expectedRow(expected: Digest, id: Digest): SummaryRow {
  if (expected.equals(id)) return { name: 'Expected', value: '', remark: '✅ this id' }
  return { name: 'Expected', value: expected.hex, remark: '❌ another id' }
}

function sealedRows({
  target,
  manifestDigest,
  changed,
  bytesUploaded,
}: ExportSealedResult): SummaryRow[] {
  return [
    { name: 'Sealed image', value: target },
    {
      name: 'Sealed manifest',
      value: manifestDigest,
      ...(changed ? {} : { remark: '(was sealed before)' }),
    },
    { name: 'Sent', value: '', remark: `${bytesUploaded} bytes` },
  ]
}
