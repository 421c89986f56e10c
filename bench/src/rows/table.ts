import {
  type Limit,
  mebibytes,
  mebibytesOver,
  milliseconds,
  millisecondsOver,
  ratio,
} from './limit.ts'
import type { Row } from './row.ts'

/** Most of the pulls: sha512, in memory, against cfsctl. */
const pull = {
  scenario: 'pull',
  place: 'tmpfs',
  algorithm: 'sha512',
  rivals: ['cfsctl'],
  metric: 'time',
} as const

const upTo = (gate: number, aim: number): { gate: Limit[]; aim: Limit[] } => ({
  gate: [ratio(gate)],
  aim: [ratio(aim)],
})

const PULLS: readonly Row[] = [
  { ...pull, name: 'pull rootfs gz', input: 'rootfs-gz', ...upTo(0.65, 0.55), quick: true },
  { ...pull, name: 'pull rootfs gz, disk', input: 'rootfs-gz', place: 'disk', ...upTo(0.7, 0.6) },
  { ...pull, name: 'pull rootfs zst', input: 'rootfs-zst', ...upTo(0.75, 0.65) },
  { ...pull, name: 'pull rootfs tar', input: 'rootfs-tar', ...upTo(0.75, 0.65) },
  { ...pull, name: 'pull rootfs 4 layers gz', input: 'rootfs-4-gz', ...upTo(0.7, 0.58) },
  {
    ...pull,
    name: 'pull rootfs 4 layers gz, objects present',
    scenario: 'pull-present',
    input: 'rootfs-4-gz',
    present: 'rootfs-tar',
    ...upTo(0.7, 0.6),
  },
  { ...pull, name: 'pull small gz', input: 'small-gz', ...upTo(0.45, 0.36), quick: true },
  { ...pull, name: 'pull small gz, disk', input: 'small-gz', place: 'disk', ...upTo(0.55, 0.45) },
  { ...pull, name: 'pull big tar', input: 'big-tar', ...upTo(0.88, 0.75) },
  { ...pull, name: 'pull big tar, disk', input: 'big-tar', place: 'disk', ...upTo(0.7, 0.58) },
  {
    ...pull,
    name: 'pull big tar, sha256',
    input: 'big-tar',
    algorithm: 'sha256',
    ...upTo(0.92, 0.82),
  },
  { ...pull, name: 'pull big gz', input: 'big-gz', ...upTo(0.9, 0.8) },
  { ...pull, name: 'pull big zst', input: 'big-zst', ...upTo(0.9, 0.8) },
  {
    ...pull,
    name: 'second pull small',
    scenario: 'pull-again',
    input: 'small-gz',
    ...upTo(0.35, 0.2),
  },
  {
    ...pull,
    name: 'second pull rootfs',
    scenario: 'pull-again',
    input: 'rootfs-gz',
    gate: [ratio(1.3), milliseconds(70)],
    aim: [ratio(1)],
  },
]

const registry = { ...pull, scenario: 'pull-registry' } as const

const REGISTRY_PULLS: readonly Row[] = [
  {
    ...registry,
    name: 'pull rootfs 4 layers gz, registry',
    input: 'rootfs-4-gz',
    rivals: ['cfsctl', 'skopeo'],
    gate: [ratio(0.6), ratio(0.5, 'skopeo')],
    aim: [ratio(0.6), ratio(0.5, 'skopeo')],
  },
  { ...registry, name: 'pull big zst, registry', input: 'big-zst', ...upTo(0.7, 0.7) },
]

const dump = {
  scenario: 'dump-to-image',
  place: 'tmpfs',
  algorithm: 'sha256',
  rivals: ['mkcomposefs'],
  metric: 'time',
} as const

const OTHERS: readonly Row[] = [
  {
    ...pull,
    name: 'create-image rootfs',
    scenario: 'create-image',
    input: 'rootfs-directory',
    ...upTo(0.8, 0.65),
  },
  {
    ...pull,
    name: 'fsck rootfs',
    scenario: 'fsck',
    input: 'rootfs-gz',
    ...upTo(1, 0.9),
    quick: true,
  },
  { ...pull, name: 'fsck small', scenario: 'fsck', input: 'small-gz', ...upTo(0.75, 0.65) },
  {
    ...pull,
    name: 'fsck big, sha256',
    scenario: 'fsck',
    input: 'big-tar',
    algorithm: 'sha256',
    ...upTo(1.05, 0.95),
  },
  {
    ...pull,
    name: 'gc small',
    scenario: 'gc',
    input: 'small-gz',
    gate: [milliseconds(200)],
    aim: [milliseconds(150)],
  },
  {
    ...dump,
    name: 'dump to image 10 k',
    input: 'dump-10k',
    gate: [milliseconds(120)],
    aim: [milliseconds(90)],
  },
  {
    ...dump,
    name: 'dump to image 100 k',
    input: 'dump-100k',
    gate: [ratio(0.45, 'mkcomposefs')],
    aim: [ratio(0.33, 'mkcomposefs')],
  },
  {
    ...dump,
    name: 'dump to image 1 M',
    input: 'dump-1m',
    gate: [ratio(0.25, 'mkcomposefs')],
    aim: [ratio(0.18, 'mkcomposefs')],
  },
  {
    ...pull,
    name: '--help',
    scenario: 'help',
    input: 'nothing',
    rivals: ['node', 'cfsctl'],
    gate: [millisecondsOver('node', 20)],
    aim: [millisecondsOver('node', 8)],
    quick: true,
  },
  {
    ...pull,
    name: 'oci images',
    scenario: 'images',
    input: 'rootfs-gz',
    rivals: ['node', 'cfsctl'],
    gate: [millisecondsOver('node', 20)],
    aim: [millisecondsOver('node', 8)],
    quick: true,
  },
]

const memory = { ...pull, metric: 'memory' } as const
const oneHelper = { ...memory, helpers: 1, gate: [mebibytes(150)], aim: [mebibytes(125)] } as const
const threeHelpers = {
  ...memory,
  helpers: 3,
  gate: [mebibytes(180)],
  aim: [mebibytes(150)],
} as const

/** A layer of 1 GiB, which one of 8 GiB is compared with. */
const ONE_GIB_LAYER = 'memory: a layer of 1 GiB'

const MEMORY: readonly Row[] = [
  { ...oneHelper, name: 'memory: pull rootfs gz, 1 helper', input: 'rootfs-gz' },
  { ...oneHelper, name: 'memory: pull rootfs 4 layers gz, 1 helper', input: 'rootfs-4-gz' },
  { ...oneHelper, name: 'memory: pull small gz, 1 helper', input: 'small-gz' },
  { ...oneHelper, name: 'memory: pull big zst, 1 helper', input: 'big-zst' },
  { ...threeHelpers, name: 'memory: pull rootfs gz, 3 helpers', input: 'rootfs-gz' },
  { ...threeHelpers, name: 'memory: pull rootfs 4 layers gz, 3 helpers', input: 'rootfs-4-gz' },
  { ...threeHelpers, name: 'memory: pull small gz, 3 helpers', input: 'small-gz' },
  { ...threeHelpers, name: 'memory: pull big zst, 3 helpers', input: 'big-zst' },
  {
    ...oneHelper,
    name: ONE_GIB_LAYER,
    input: 'layer-1g',
    place: 'disk',
    huge: true,
  },
  {
    ...memory,
    name: 'memory: a layer of 8 GiB',
    input: 'layer-8g',
    place: 'disk',
    helpers: 1,
    gate: [mebibytesOver(ONE_GIB_LAYER, 10)],
    aim: [mebibytesOver(ONE_GIB_LAYER, 5)],
    huge: true,
  },
]

/** Every row, in the order of the report. The limits are for two cores. */
export const ROWS: readonly Row[] = [...PULLS, ...REGISTRY_PULLS, ...OTHERS, ...MEMORY]
