export {
  type CollectorOptions,
  type ImageIdentity,
  type LayerOfInode,
  ReportCollector,
} from './collect-report.ts'
export { type ReportValue, reportDocument } from './document.ts'
export { LayerStack, type MergedStack, type StackedLayer, type StackHidden } from './layer-stack.ts'
export type { Name } from './name.ts'
export { ObjectTable } from './object-table.ts'
export { Outline } from './outline.ts'
export { type PageOptions, reportPage } from './page/report-page.ts'
export type {
  DuplicateContent,
  HiddenEntry,
  LargeFile,
  Largest,
  ObjectSum,
  Report,
  ReportedImage,
  ReportedLayer,
  ReportProblem,
  ReportSubject,
  StoredObjects,
} from './report.ts'
export { type ImageChoice, type ReportOptions, reportImage } from './report-image.ts'
export { reportRepository } from './report-repository.ts'
export { type BareTree, reportTree } from './report-tree.ts'
export type { ImageSharing, SharedPart } from './sharing.ts'
export {
  makeView,
  type NodeKind,
  type View,
  type ViewGroup,
  type ViewKind,
  type ViewNode,
} from './view.ts'
