import type { Name } from './name.ts'
import type { ImageSharing, SharedPart } from './sharing.ts'
import type { View } from './view.ts'

/** What a report is about. */
export interface ReportSubject {
  readonly kind: 'image' | 'repository'
  /** The tag, id or path it was asked for by. */
  readonly name: string
  /** The path of the repository; undefined for a tree that is in none. */
  readonly repository: string | undefined
  /** `sha256` or `sha512`: the algorithm of objects. */
  readonly algorithm: string
}

/** An image of the report. */
export interface ReportedImage {
  /** Tags, or names of EROFS images; none for one that was asked for by its digest. */
  readonly names: readonly string[]
  /** `tree` is one that has no EROFS image, as that of a dump file. */
  readonly kind: 'oci' | 'erofs' | 'tree'
  /** Hex of the EROFS image; undefined when there is none. */
  readonly imageId: string | undefined
  readonly manifestDigest: string | undefined
  readonly configDigest: string | undefined
  /** RFC 3339, as the config has it. */
  readonly created: string | undefined
  /** `linux/amd64`. */
  readonly platform: string | undefined
  /** Regular files, each inode once, whatever its number of names. */
  readonly files: number
  readonly directories: number
  /** Symlinks, devices, fifos, sockets. */
  readonly others: number
  /** Content of the files in bytes, each inode once. */
  readonly bytes: number
  /** The part of `bytes` that is so small that it lies in the EROFS image itself. */
  readonly inlineBytes: number
  /** What layers hold that the image does not show, in bytes. */
  readonly hiddenBytes: number
  /** Its layers, lowest first, by their place in the report; none for bare trees. */
  readonly layers: readonly number[]
  /** Its objects, and how much of them other images of the report have too. */
  readonly sharing: ImageSharing
}

/** A layer of the report, which several images may have. */
export interface ReportedLayer {
  readonly diffId: string
  readonly files: number
  /** Content of its files in bytes, unpacked. */
  readonly bytes: number
  /** The part of `bytes` that its first image does not show, for whatever reason. */
  readonly hiddenBytes: number
  /** The images that have it, by their place in the report. */
  readonly images: readonly number[]
}

/** A large content. */
export interface LargeFile {
  readonly path: Name
  readonly bytes: number
  /** The layer that its first image has it from. */
  readonly layer: number | undefined
  /** Images that have this content. */
  readonly images: number
}

/** Content that comes more than once. */
export interface DuplicateContent {
  /** Hex of the object. */
  readonly object: string
  readonly bytes: number
  /** How often layers hold it; of images without layers, how many files have it. */
  readonly copies: number
  /** In how many layers. */
  readonly layers: number
  /** `bytes` times the copies but one: what is fetched for nothing. It is stored once. */
  readonly repeatedBytes: number
  /** Some of the places, by layer. */
  readonly places: readonly { readonly layer: number | undefined; readonly path: Name }[]
}

/** Something a layer holds that its image does not show. */
export interface HiddenEntry {
  readonly image: number
  /** The topmost path that is gone. */
  readonly path: Name
  readonly layer: number
  /** The layer that hides it; undefined when making the image does. */
  readonly by: number | undefined
  /** `removed` by a whiteout, `replaced` by another entry, `emptied`, as /run always is. */
  readonly how: 'removed' | 'replaced' | 'emptied'
  readonly files: number
  readonly bytes: number
}

/** A list that was cut: the largest of `total`. */
export interface Largest<T> {
  readonly rows: readonly T[]
  readonly total: number
}

/** What could not be looked at. */
export interface ReportProblem {
  readonly name: string
  readonly reason: string
}

/** Objects and the lengths of their files in bytes. */
export interface ObjectSum {
  readonly objects: number
  readonly bytes: number
}

/** What lies in the repository: the parts add up to all of its objects. */
export interface StoredObjects {
  /** Contents of files that images of the report show. */
  readonly shown: ObjectSum
  /** What else the names of the repository keep: streams, EROFS images, contents that no image shows. */
  readonly other: ObjectSum
  /** What nothing keeps: the next garbage collection removes it. */
  readonly unreferenced: ObjectSum
}

/** What is in an image or a repository. */
export interface Report {
  readonly subject: ReportSubject
  readonly images: readonly ReportedImage[]
  readonly layers: readonly ReportedLayer[]
  /** Contents of files of all images, each once. */
  readonly objects: ObjectSum
  /** Of repositories: everything that is stored. */
  readonly stored: StoredObjects | undefined
  /** The objects by the set of images that have them; their sum is `objects`. */
  readonly shared: readonly SharedPart[]
  readonly largest: Largest<LargeFile>
  readonly duplicates: Largest<DuplicateContent> & { readonly repeatedBytes: number }
  readonly hidden: Largest<HiddenEntry> & { readonly bytes: number }
  readonly views: readonly View[]
  readonly problems: readonly ReportProblem[]
}
