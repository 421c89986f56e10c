import { VERSION } from '../version.ts'
import type { Edition } from './roff.ts'

/** What this release prints into the frame of its pages. The date changes with the version. */
export const EDITION: Edition = { version: `cfsctl ${VERSION}`, date: '2026-11-26' }
