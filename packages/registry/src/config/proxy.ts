import { isIP } from 'node:net'
import { RegistryError } from '../errors.ts'
import type { Environment } from './config-file.ts'
import { isExempt } from './no-proxy.ts'

/**
 * The proxy that requests for a URL go through, by HTTPS_PROXY or HTTP_PROXY, else ALL_PROXY, in capitals or not, unless
 * NO_PROXY names its host. Loopback is never proxied: a proxy elsewhere has another one.
 *
 * @returns the URL of an HTTP proxy, its credentials included; undefined to connect directly
 * @throws RegistryError ERR_REGISTRY_BAD_CONFIG for what is no URL of an HTTP proxy
 */
export function proxyFor(url: URL, env: Environment): string | undefined {
  const names = url.protocol === 'https:' ? ['HTTPS_PROXY', 'ALL_PROXY'] : httpNames(env)
  const found = firstSet(env, names)
  if (found === undefined) return undefined
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase()
  if (isLoopback(host)) return undefined
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  if (isExempt({ host, port }, firstSet(env, ['NO_PROXY'])?.value ?? '')) return undefined
  return proxyUrl(found)
}

interface Setting {
  readonly name: string
  readonly value: string
}

/** Where a program answers a web request, HTTP_PROXY is the request's `Proxy:` header. */
function httpNames(env: Environment): readonly string[] {
  return env.REQUEST_METHOD ? ['ALL_PROXY'] : ['HTTP_PROXY', 'ALL_PROXY']
}

function firstSet(env: Environment, names: readonly string[]): Setting | undefined {
  for (const upper of names) {
    for (const name of [upper, upper.toLowerCase()]) {
      const value = env[name]
      if (value) return { name, value }
    }
  }
  return undefined
}

function isLoopback(host: string): boolean {
  if (host === 'localhost') return true
  const version = isIP(host)
  return version === 4 ? host.startsWith('127.') : version === 6 && isLoopback6(host)
}

/** URL writes addresses in their shortest form. */
function isLoopback6(host: string): boolean {
  return host === '::1' || host.startsWith('::ffff:7f')
}

function proxyUrl({ name, value }: Setting): string {
  const text = value.includes('://') ? value : `http://${value}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || url.hostname === '') throw badProxy(name, 'no URL of a proxy')
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw badProxy(name, `a ${url.protocol.slice(0, -1)} proxy: only http and https ones are known`)
  }
  return url.href
}

/** The value may hold a password, so it is not told. */
function badProxy(name: string, why: string): RegistryError {
  return new RegistryError('ERR_REGISTRY_BAD_CONFIG', `${name} in the environment: ${why}`)
}
