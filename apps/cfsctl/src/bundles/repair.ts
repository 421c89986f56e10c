// What `fsck --repair` takes, which fetches from everywhere: a check without it is smaller by half.
export { repair } from '../commands/fsck-repair.ts'
