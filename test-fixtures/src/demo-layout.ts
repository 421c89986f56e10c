import { writeLayout } from './oci-layout.ts'
import { buildTar } from './tar-builder.ts'

/**
 * An OCI layout with the image `demo`. Three layers in three compressions: a base, an application, and a layer that
 * replaces and removes.
 */
export async function writeDemoLayout(directory: string): Promise<void> {
  const base = await buildTar([
    { name: 'usr/', type: 'directory' },
    { name: 'usr/bin/', type: 'directory' },
    { name: 'usr/share/', type: 'directory' },
    { name: 'usr/share/notice', content: 'removed by the last layer\n' },
    { name: 'run/', type: 'directory' },
    { name: 'bin', type: 'symlink', linkname: 'usr/bin', mode: 0o777 },
  ])
  const application = await buildTar([
    { name: 'usr/bin/greet', mode: 0o755, content: '#!/bin/sh\ncat /usr/share/greeting\n' },
    { name: 'usr/bin/hello', type: 'link', linkname: 'usr/bin/greet' },
    { name: 'usr/share/greeting', content: 'An old greeting.\n' },
  ])
  const changes = await buildTar([
    { name: 'usr/share/.wh.notice' },
    {
      name: 'usr/share/greeting',
      content: 'Hello from a file that lies in the object store.\n'.repeat(100),
    },
  ])
  writeLayout(directory, {
    tag: 'demo',
    layers: [
      { tar: base, compression: 'plain' },
      { tar: application, compression: 'gzip' },
      { tar: changes, compression: 'zstd' },
    ],
  })
}
