import { SHA256, SHA512 } from '../../../packages/fsverity/src/index.ts'
import { layerEntries } from '../../../packages/oci/src/index.ts'
import {
  CONTENT_TYPES,
  memorySource,
  openSplitstream,
  type SplitstreamReader,
} from '../../../packages/splitstream/src/index.ts'
import { nodeZstd } from '../../../packages/splitstream/src/node.ts'
import { memberName } from '../mutate/raw-tar.ts'
import { mutateSplitstream } from '../mutate/splitstream.ts'
import { attemptAsync, magnitude } from '../outcome.ts'
import { Disagreement, type Target } from '../target.ts'
import { vectorFiles, vectorMembers } from '../vectors.ts'

const SEED_SIZE_MAX = 32 << 10
/** Bytes and chunks that a reader takes of a stream before it has seen enough: 1 GiB of them may be in a few KiB. */
const READ_MAX = 4 << 20
const CHUNKS_MAX = 50_000
/** What every object holds here. */
const OBJECT = new Uint8Array(65)

/** Splitstreams: opened, read chunk by chunk, put out as the file, listed as a layer. */
export const splitstreamTarget: Target = {
  name: 'splitstream',
  async seeds() {
    const stored = vectorMembers('repo/repos')
      .filter(member => memberName(member).includes('objects/') && member.size <= SEED_SIZE_MAX)
      .map(({ content, size }) => content.subarray(0, size))
      .filter(bytes => Buffer.from(bytes.subarray(0, 32)).includes('SplitStream'))
    const alone = vectorFiles('repo/splitstreams', {
      endings: ['.splitstream'],
      maxSize: SEED_SIZE_MAX,
    })
    return [...alone, ...stored]
  },
  dictionary: [
    ...['SplitStream', 'ocilayer', 'ociconfg', 'ocimanif', 'oci_blob', '\x28\xb5\x2f\xfd'],
    ...['\x50\x2a\x4d\x18', '0:a\0', '\x28\xb5\x2f\xfd\x20\0\x01\0\0', '\xff'.repeat(8)],
  ].map(text => Buffer.from(text, 'latin1')),
  mutate: mutateSplitstream,
  run: runSplitstream,
}

async function runSplitstream(input: Uint8Array): Promise<string> {
  const algorithm = input[14] === 2 || input[30] === 2 ? SHA512 : SHA256
  const { value: reader, outcome } = await attemptAsync(() =>
    openSplitstream(memorySource(input), { algorithm, zstd: nodeZstd }),
  )
  if (reader === undefined) return outcome
  const chunks = await attemptAsync(() => readChunks(reader))
  const content = await attemptAsync(() => readContent(reader))
  const isLayer = reader.contentType === CONTENT_TYPES.layer
  const layer = isLayer ? await attemptAsync(() => readLayer(reader)) : undefined
  const references = [reader.streamReferences, reader.objectReferences].map(list =>
    magnitude(list.length),
  )
  return [
    ...[chunks.value ?? chunks.outcome, content.value ?? content.outcome],
    ...[layer?.value ?? layer?.outcome, references, magnitude(reader.namedReferences.size)],
  ].join(' ')
}

async function readChunks(reader: SplitstreamReader): Promise<string> {
  let inline = 0
  let external = 0
  let count = 0
  for await (const chunk of reader.chunks({ objectSize: () => OBJECT.length })) {
    if (chunk.kind === 'external') external++
    else if (chunk.data.length === 0) throw new Disagreement('an empty inline chunk')
    else inline += chunk.data.length
    if (inline > READ_MAX || ++count > CHUNKS_MAX) return 'much'
  }
  if (inline + external * OBJECT.length !== reader.size) throw new Disagreement('a wrong size')
  return `chunks ${magnitude(external)} ${magnitude(inline)}`
}

async function readContent(reader: SplitstreamReader): Promise<string> {
  let size = 0
  let count = 0
  for await (const piece of reader.cat(() => [OBJECT])) {
    size += piece.length
    if (size > READ_MAX || ++count > CHUNKS_MAX) return 'much'
  }
  if (size !== reader.size) throw new Disagreement('a content of another size')
  return 'content'
}

async function readLayer(reader: SplitstreamReader): Promise<string> {
  let entries = 0
  for await (const entry of layerEntries(reader, { objectSize: () => OBJECT.length })) {
    if (entry.offset >= reader.size) throw new Disagreement('an entry behind the end')
    entries++
  }
  return `entries ${magnitude(entries)}`
}
