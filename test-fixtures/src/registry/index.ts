export {
  type Certificates,
  makeCertificates,
  makeSelfSigned,
  type ServerCertificate,
} from './certificates.ts'
export {
  basicAuthorization,
  type RegistryOptions,
  registryUnavailable,
  startRegistry,
  type TestRegistry,
} from './docker-registry.ts'
export type { Fault, FaultRule } from './fault.ts'
export { type FaultProxy, type FaultProxyOptions, startFaultProxy } from './fault-proxy.ts'
export { type ListenOptions, type LoopbackServer, listen } from './http-server.ts'
export { type ImageDocuments, type ImageLayer, imageDocuments } from './image-documents.ts'
export { type LayerBlob, writeLargeLayer } from './large-layer.ts'
export { missingPrograms, runProgram } from './programs.ts'
export type { ProxiedRequest } from './proxied-request.ts'
export { type PushedBlob, Pusher } from './pusher.ts'
export { writeRegistriesConf } from './registries-conf.ts'
export { serveLayout } from './served-layout.ts'
export {
  type ServedManifest,
  type ServedRepository,
  type StaticRegistry,
  startStaticRegistry,
} from './static-registry.ts'
export { type SupervisedServer, startSupervised } from './supervised.ts'
export {
  startTokenServer,
  type TokenRequest,
  type TokenServer,
  type TokenServerBehaviour,
} from './token-server.ts'
