import type { LargeContent, ObjectIntake, PutResult } from '@composefs/repository'
import type { SplitstreamWriter } from '@composefs/splitstream'
import type { DoneSlot } from '@composefs/threads'
import type { EntryDraft } from '../tar/read-entry.ts'
import type { LayerEntrySink } from './import-options.ts'
import type { LayerPart } from './slot-splitter.ts'

/** Counts of the contents of a layer that are objects. */
export interface LayerCounts {
  readonly objectsNew: number
  readonly objectsPresent: number
  /** Bytes of the new ones. */
  readonly bytesStored: number
}

/** Puts the parts of slots that are done together again, in the order of the layer: a splitstream, and entries. */
export class LayerAssembler {
  readonly #intake: ObjectIntake
  readonly #writer: SplitstreamWriter
  readonly #entries: LayerEntrySink | undefined
  /** Large contents that were opened and have no name yet. */
  readonly #open = new Set<LargeContent>()
  #objectsNew = 0
  #objectsPresent = 0
  #bytesStored = 0

  constructor(
    intake: ObjectIntake,
    writer: SplitstreamWriter,
    entries: LayerEntrySink | undefined,
  ) {
    this.#intake = intake
    this.#writer = writer
    this.#entries = entries
  }

  get counts(): LayerCounts {
    return {
      objectsNew: this.#objectsNew,
      objectsPresent: this.#objectsPresent,
      bytesStored: this.#bytesStored,
    }
  }

  /** Notes what is open in parts that are to come, so that `abort` closes it. */
  expect(parts: readonly LayerPart[]): void {
    for (const part of parts) {
      if (part.kind === 'leaf' || part.kind === 'large') this.#open.add(part.content)
    }
  }

  /** @throws why a job failed, what naming a large content throws, what the listener throws */
  add(slot: DoneSlot, parts: readonly LayerPart[]): void {
    for (const part of parts) {
      if (part.kind === 'inline') this.#writer.writeInline(slot.data.subarray(part.start, part.end))
      else if (part.kind === 'entry') this.#entries?.onEntry(part.entry)
      else if (part.kind === 'leaf') part.content.addLeaf(slot, part.job)
      else if (part.kind === 'large') this.#finish(part.content, part.entry)
      else this.#complete(this.#intake.result(slot, part.job, part.size), part.entry)
    }
  }

  /** Lets go of large contents that have no name yet. */
  abort(): void {
    for (const content of this.#open) content.abort()
    this.#open.clear()
  }

  #finish(content: LargeContent, entry: EntryDraft): void {
    this.#open.delete(content)
    this.#complete(content.finish(), entry)
  }

  #complete(result: PutResult, entry: EntryDraft): void {
    const { digest, size } = result
    this.#count(result)
    this.#writer.writeExternal(digest, size)
    entry.content = { kind: 'external', digest }
    this.#entries?.onEntry(entry)
  }

  #count({ isNew, size }: PutResult): void {
    if (isNew) {
      this.#objectsNew += 1
      this.#bytesStored += size
    } else {
      this.#objectsPresent += 1
    }
  }
}
