import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runProgram } from './programs.ts'

/** A key with its certificate, as PEM and as files. */
export interface ServerCertificate {
  readonly cert: string
  readonly key: string
  readonly certFile: string
  readonly keyFile: string
}

/** An authority of our own and a certificate of it. */
export interface Certificates extends ServerCertificate {
  /** PEM of the authority. */
  readonly ca: string
  readonly caFile: string
}

const EC_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-sha256']

/** Makes an authority and a certificate for loopback by its address and its name, with openssl, into `directory`. */
export function makeCertificates(directory: string): Certificates {
  const path = (name: string) => join(directory, name)
  makeSelfSigned(directory, 'ca', '/CN=composefs test authority')
  const extensions = path('extensions')
  writeFileSync(extensions, 'subjectAltName=IP:127.0.0.1,DNS:localhost\n')
  const request = path('server.csr')
  runProgram('openssl', [
    ...['req', ...EC_KEY, '-keyout', path('server.key'), '-out', request],
    ...['-subj', '/CN=localhost'],
  ])
  runProgram('openssl', [
    ...['x509', '-req', '-days', '2', '-sha256', '-in', request, '-out', path('server.crt')],
    ...['-CA', path('ca.crt'), '-CAkey', path('ca.key'), '-CAcreateserial'],
    ...['-extfile', extensions],
  ])
  return {
    ca: readFileSync(path('ca.crt'), 'utf8'),
    caFile: path('ca.crt'),
    ...readPair(directory, 'server'),
  }
}

/** A certificate signed by its own key: `NAME.crt` and `NAME.key`. */
export function makeSelfSigned(
  directory: string,
  name: string,
  subject: string,
): ServerCertificate {
  runProgram('openssl', [
    ...['req', '-x509', '-days', '2', ...EC_KEY, '-subj', subject],
    ...['-keyout', join(directory, `${name}.key`), '-out', join(directory, `${name}.crt`)],
  ])
  return readPair(directory, name)
}

function readPair(directory: string, name: string): ServerCertificate {
  const certFile = join(directory, `${name}.crt`)
  const keyFile = join(directory, `${name}.key`)
  return {
    cert: readFileSync(certFile, 'utf8'),
    key: readFileSync(keyFile, 'utf8'),
    certFile,
    keyFile,
  }
}
