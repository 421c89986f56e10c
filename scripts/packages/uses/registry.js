import {
  formatRegistryReference,
  isRegistryError,
  openRemote,
  parseRegistryReference,
} from '@composefs/registry'

console.log(formatRegistryReference(parseRegistryReference('ghcr.io/team/app:1.0')))
const remote = await openRemote('127.0.0.1:1/team/app', { retries: 0, tlsVerify: false })
try {
  await remote.getManifest('latest')
} catch (error) {
  console.log(isRegistryError(error))
}
await remote.close()
