import { runImages } from './images.ts'
import { runLayers } from './layers.ts'
import { type Report, Rows } from './report.ts'
import { runStreams } from './streams.ts'
import { vectorsAt } from './vectors.ts'

/**
 * Runs the golden vectors through the pure packages and the layer entry of `oci`, with the portable hash. Needs `fetch`
 * and nothing else of the runtime.
 *
 * @param url of the directory of the vectors, with a slash at its end
 */
export async function runSuite(url: string): Promise<Report> {
  const vectors = vectorsAt(url)
  const rows = new Rows()
  await runImages(vectors, rows)
  await runLayers(vectors, rows)
  await runStreams(vectors, rows)
  return rows.report()
}
