import { linuxSocketPairs } from '@composefs/linux'
import type { RegistryOptions, RetryEvent } from '@composefs/registry'
import { askPassword } from '../ask-password.ts'
import type { Context } from '../context.ts'
import { CliError } from '../errors/cli-error.ts'
import { VERSION } from '../version.ts'
import type { RegistryArgs, SourceArgs } from './network-options.ts'

/** How to speak with a registry, by the options of the command line. */
export async function registrySettings(
  args: RegistryArgs,
  context: Context,
): Promise<RegistryOptions> {
  const verify = args['tls-verify']
  const idleTimeout = args['idle-timeout']
  return {
    authFile: args.authfile,
    credentials: args.creds === undefined ? undefined : await readCredentials(args.creds, context),
    tlsVerify: verify === undefined ? undefined : verify === 'true',
    certDir: args['cert-dir'],
    retries: args.retry,
    idleTimeoutMs: idleTimeout === undefined ? undefined : idleTimeout * 1000,
    env: context.env,
    userAgent: `cfsctl/${VERSION}`,
    onRetry: event => context.console.notice(retryNotice(event)),
  }
}

/** How to open an image wherever it is, by the options of the command line. */
export async function sourceSettings(
  args: SourceArgs,
  context: Context,
): Promise<{
  readonly registry: RegistryOptions
  readonly via: 'skopeo' | undefined
  readonly skopeo: {
    readonly sockets: typeof linuxSocketPairs
    readonly program: string | undefined
  }
}> {
  return {
    registry: await registrySettings(args, context),
    via: args.via,
    skopeo: { sockets: linuxSocketPairs, program: args.skopeo },
  }
}

async function readCredentials(
  text: string,
  context: Context,
): Promise<{ readonly username: string; readonly password: string }> {
  const colon = text.indexOf(':')
  const username = colon < 0 ? text : text.slice(0, colon)
  if (username === '') throw new CliError('usage', '--creds USER[:PASS] has no user')
  if (colon >= 0) {
    context.console.notice(
      'everybody on this machine can see a password on the command line; --authfile keeps it in a file',
    )
    return { username, password: text.slice(colon + 1) }
  }
  const password = await askPassword(context, `Password of ${username}`)
  if (password === undefined) {
    throw new CliError('usage', `--creds ${username}: no password, and no terminal to ask for it`, {
      hints: [
        'write credentials to a file by podman login --authfile FILE, and give --authfile FILE',
      ],
    })
  }
  return { username, password }
}

function retryNotice({ what, reason, tryNumber, tries, delayMs, offset }: RetryEvent): string {
  const from = offset === undefined || offset === 0 ? '' : ` from byte ${offset}`
  const wait = delayMs < 1000 ? '' : `, in ${Math.round(delayMs / 1000)} s`
  return `${what}: ${reason}; try ${tryNumber + 1} of ${tries}${from}${wait}`
}
