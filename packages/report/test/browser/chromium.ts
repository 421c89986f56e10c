import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** A browser to test with: where `CHROMIUM` says, or where distributions put it. */
export const chromiumPath: string | undefined =
  process.env.CHROMIUM ?? PLACES.find(place => existsSync(place))

/** Starts the browser without a window. */
export async function startChromium(): Promise<Browser> {
  return await chromium.launch({
    ...(chromiumPath === undefined ? {} : { executablePath: chromiumPath }),
    // As root, in a container, its own sandbox cannot be set up.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  })
}
