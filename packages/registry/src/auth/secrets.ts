/** Shorter text is too common to be taken for a secret. */
const LENGTH_MIN = 4

/** Old tokens are no use to anybody. */
const SECRETS_MAX = 1024

/** What was shown to a registry and must not come back to a terminal, should the registry repeat it. */
export class Secrets {
  #known: string[] = []

  /** In a URL it has another spelling. */
  add(secret: string): void {
    this.#add(secret)
    this.#add(encodeURIComponent(secret.toWellFormed()))
  }

  redact(text: string): string {
    return this.#known.reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
  }

  #add(secret: string): void {
    if (secret.length < LENGTH_MIN || this.#known.includes(secret)) return
    this.#known = [...this.#known.slice(1 - SECRETS_MAX), secret]
  }
}
