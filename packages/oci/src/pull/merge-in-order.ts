import type { Digest } from '@composefs/fsverity'
import type { Repository } from '@composefs/repository'
import { isOciError } from '../errors.ts'
import { inPlannedLayer, type PlannedLayer } from '../source/plan.ts'
import { openEntries } from '../store/open-entries.ts'
import type { TarEntry } from '../tar/entry.ts'
import type { EventLoopTurns } from '../transfer/event-loop-turns.ts'
import type { LayerMerger } from '../tree/merge.ts'

/** What feeds a merger. */
export interface MergeInOrderOptions {
  readonly repository: Repository
  readonly merger: LayerMerger
  /** Base first, with every repetition. */
  readonly layers: readonly PlannedLayer[]
  /** The streams of the layers that are stored by now. */
  readonly streams: ReadonlyMap<string, Digest>
  /** Those of them that this pull has stored. */
  readonly fresh: ReadonlySet<string>
  readonly turns: EventLoopTurns
}

/** The merger in the hands of an import. */
export interface MergeFeed {
  /** Entries may come from then on; rejects when an import before has failed. */
  readonly turn: Promise<void>
  onEntry(entry: TarEntry): void
  done(): void
  failed(reason: unknown): void
}

/**
 * Gives a merger the entries of layers in the order of the image, whatever the order in which the layers are stored.
 * The layer whose turn it is feeds the merger while it is imported; others are read back from their streams when their
 * turn comes, which takes a small part of the time of an import.
 */
export class MergeInOrder {
  readonly #options: MergeInOrderOptions
  /** Layers that the merger has got. */
  #done = 0
  /** Imports that feed it, or wait for their turn. */
  #feeds = 0
  /** The end of the last one of them. */
  #lastFeed: Promise<void> = Promise.resolve()
  #isReadingBack = false

  constructor(options: MergeInOrderOptions) {
    this.#options = options
  }

  /** The layer the merger waits for; undefined while it is busy, or done. */
  get wanted(): string | undefined {
    return this.#isBusy ? undefined : this.#options.layers[this.#done]?.id
  }

  /** True when there is something to read back, and nobody does it. */
  get canReadBack(): boolean {
    const { wanted } = this
    return wanted !== undefined && this.#options.streams.has(wanted)
  }

  /**
   * Takes the merger for the import of a layer; undefined when it is not the layer's turn, nor, with `mayWait`, the next
   * one after those that feed it now. The import ends its feed when the layer is good. One that fails never gives the
   * merger back: it has seen what it should not.
   */
  feed(id: string, { mayWait }: { readonly mayWait: boolean }): MergeFeed | undefined {
    const index = this.#done + this.#feeds
    if (this.#isReadingBack || this.#options.layers[index]?.id !== id) return undefined
    if (this.#feeds > 0 && !mayWait) return undefined
    const { merger } = this.#options
    const end = Promise.withResolvers<void>()
    const turn = this.#lastFeed.then(() => merger.beginLayer({ index, diffId: id }))
    this.#feeds += 1
    this.#lastFeed = end.promise
    // Whoever waits for them sees that they failed; perhaps nobody does.
    for (const promise of [turn, end.promise]) promise.catch(() => {})
    return {
      turn,
      onEntry: entry => merger.apply(entry),
      done: () => {
        this.#done += 1
        this.#feeds -= 1
        end.resolve()
      },
      failed: reason => end.reject(reason),
    }
  }

  /** Reads back layers for as long as the next one is stored. */
  async readBack(signal: AbortSignal): Promise<void> {
    const { layers, streams } = this.#options
    if (!this.canReadBack) return
    this.#isReadingBack = true
    for (;;) {
      const layer = layers[this.#done]
      const stream = layer === undefined ? undefined : streams.get(layer.id)
      if (layer === undefined || stream === undefined) break
      await this.#mergeStored(layer, stream, signal)
      this.#done += 1
    }
    this.#isReadingBack = false
  }

  get #isBusy(): boolean {
    return this.#isReadingBack || this.#feeds > 0
  }

  async #mergeStored(layer: PlannedLayer, stream: Digest, signal: AbortSignal): Promise<void> {
    const { repository, merger, turns, fresh } = this.#options
    const { id, number } = layer
    const entries = await openEntries(repository, stream, {
      layer: number,
      diffId: id,
      isFresh: fresh.has(id),
    })
    merger.beginLayer({ index: this.#done, diffId: id })
    try {
      for await (const entry of entries) {
        merger.apply(entry)
        const turn = turns.due()
        if (turn !== undefined) await turn
        signal.throwIfAborted()
      }
    } catch (error) {
      throw isOciError(error) ? inPlannedLayer(error, layer) : error
    }
  }
}
