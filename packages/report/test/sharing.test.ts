import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Sharing, sharingOf } from '../src/sharing.ts'

const images = fc.array(fc.array(fc.nat({ max: 40 }), { maxLength: 30 }), { maxLength: 7 })

test('what is shared and what is not are all of an image', () => {
  fc.assert(
    fc.property(images, lists => {
      const sharing = new Sharing()
      for (const list of lists) {
        sharing.beginImage()
        for (const object of list) sharing.add(object)
      }
      const objects = { size: 41, bytes: (object: number) => 100 + object }
      const parts = sharing.parts(objects)
      const all = new Set(lists.flat())
      const bytesOf = (set: Iterable<number>) =>
        [...set].reduce((sum, object) => sum + objects.bytes(object), 0)
      expect(parts.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(bytesOf(all))
      expect(new Set(parts.map(part => part.images.join())).size).toBe(parts.length)
      for (const [image, list] of lists.entries()) {
        const own = new Set(list)
        const others = new Set(lists.filter((_, other) => other !== image).flat())
        const unique = [...own].filter(object => !others.has(object))
        expect(sharingOf(image, parts)).toEqual({
          objects: own.size,
          bytes: bytesOf(own),
          uniqueObjects: unique.length,
          uniqueBytes: bytesOf(unique),
          sharedObjects: own.size - unique.length,
          sharedBytes: bytesOf(own) - bytesOf(unique),
        })
      }
    }),
  )
})
