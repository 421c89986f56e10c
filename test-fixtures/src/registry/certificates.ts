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
  /** A certificate of it for a client. */
  readonly client: ServerCertificate
}

const EC_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-sha256']

/** Makes an authority, a certificate for loopback and one for a client with openssl, into `directory`. */
export function makeCertificates(directory: string): Certificates {
  const { cert, certFile } = makeSelfSigned(directory, 'ca', '/CN=composefs test authority')
  return {
    ca: cert,
    caFile: certFile,
    client: makeSigned(directory, 'client', 'extendedKeyUsage=clientAuth'),
    ...makeSigned(directory, 'server', 'subjectAltName=IP:127.0.0.1,DNS:localhost'),
  }
}

/** A certificate of the authority in the same directory. */
function makeSigned(directory: string, name: string, extension: string): ServerCertificate {
  const path = (suffix: string) => join(directory, suffix)
  const request = path(`${name}.csr`)
  const extensions = path(`${name}.extensions`)
  writeFileSync(extensions, `${extension}\n`)
  runProgram('openssl', [
    ...['req', ...EC_KEY, '-keyout', path(`${name}.key`), '-out', request],
    ...['-subj', `/CN=${name}`],
  ])
  runProgram('openssl', [
    ...['x509', '-req', '-days', '2', '-sha256', '-in', request, '-out', path(`${name}.crt`)],
    ...['-CA', path('ca.crt'), '-CAkey', path('ca.key'), '-CAcreateserial'],
    ...['-extfile', extensions],
  ])
  return readPair(directory, name)
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
