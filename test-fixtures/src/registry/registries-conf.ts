import { writeFileSync } from 'node:fs'

/** Writes a registries.conf that lets plain HTTP be spoken to these hosts. */
export function writeRegistriesConf(path: string, insecure: readonly string[]): string {
  const entries = insecure.map(host => `[[registry]]\nlocation = "${host}"\ninsecure = true\n`)
  writeFileSync(path, entries.join('\n'))
  return path
}
