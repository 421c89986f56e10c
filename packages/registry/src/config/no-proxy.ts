import { BlockList, isIP } from 'node:net'

/** Where a request goes. */
export interface HostAndPort {
  /** A name or an address in lower case, without brackets. */
  readonly host: string
  readonly port: string
}

/**
 * True when a list like NO_PROXY names a host: names separated by commas, each with the hosts below it, or with a dot or
 * `*.` in front those alone; addresses; networks as 10.0.0.0/8; each but networks with a port if wanted; `*` for all.
 */
export function isExempt(target: HostAndPort, list: string): boolean {
  return list
    .split(',')
    .map(entry => entry.trim().toLowerCase())
    .some(entry => entry !== '' && matches(target, entry))
}

function matches(target: HostAndPort, entry: string): boolean {
  if (entry === '*') return true
  const slash = entry.indexOf('/')
  if (slash >= 0) return isInNetwork(target.host, entry.slice(0, slash), entry.slice(slash + 1))
  const { host, port } = splitPort(entry)
  if (host === '' || (port !== undefined && port !== target.port)) return false
  const isAddress = isIP(target.host) !== 0
  if (isIP(host) !== 0) return isAddress && isInNetwork(target.host, host, fullLength(host))
  return !isAddress && isDomain(target.host, host)
}

function splitPort(entry: string): { readonly host: string; readonly port: string | undefined } {
  if (isIP(entry) !== 0) return { host: entry, port: undefined }
  const [, bracketed, plain = '', port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? []
  return { host: bracketed ?? plain, port }
}

function isDomain(host: string, pattern: string): boolean {
  const domain = pattern.startsWith('*.') ? pattern.slice(1) : pattern
  if (domain.startsWith('.')) return host.endsWith(domain)
  return host === domain || host.endsWith(`.${domain}`)
}

function fullLength(address: string): string {
  return isIP(address) === 4 ? '32' : '128'
}

/** Compares addresses as numbers, so that their spelling does not matter. */
function isInNetwork(address: string, network: string, length: string): boolean {
  const version = isIP(network)
  if (version === 0 || isIP(address) === 0 || !/^\d{1,3}$/.test(length)) return false
  if (Number(length) > (version === 4 ? 32 : 128)) return false
  const block = new BlockList()
  block.addSubnet(network, Number(length), version === 4 ? 'ipv4' : 'ipv6')
  return block.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6')
}
