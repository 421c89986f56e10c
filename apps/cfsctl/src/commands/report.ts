import type { Command } from '../command.ts'

export const report = {
  words: ['report'],
  group: 'Images',
  summary: 'Write a report of an image or repository',
  description: [
    'Tells what is in an image, or in all images of a repository: sizes by directory and by layer, what images share, the largest files, contents that come more than once, and what layers hold though the image does not show it.',
    'SUBJECT is an image as for oci inspect, the name or id of an EROFS image, a file with an EROFS image, a dump file, or a path with a slash to a repository; without it the chosen repository is reported. As for diff, tag:TAG, image:NAME, file:FILE, dump:FILE and dir:DIRECTORY say which one is meant; a directory is then read as create-image does, and without dir: it is a repository.',
    '--html writes one page that needs no network. --json prints the same as data.',
  ],
  positionals: [
    {
      name: 'subject',
      optional: true,
      completes: 'image-or-path',
      summary: 'The image, a file with one, or the path of a repository',
    },
  ],
  options: [
    {
      name: 'html',
      value: { kind: 'path', label: 'FILE' },
      summary: 'Write the report to this file, as a page',
    },
    { name: 'force', requires: ['html'], summary: 'Replace a file that is there' },
  ],
  exits: {
    1: 'the file is there and --force is not given, or something stored is not valid',
    3: 'no such image, file or repository',
  },
  examples: [
    'cfsctl report app:1.0 --html app.html',
    'cfsctl report app.erofs --html app.html',
    'cfsctl report /srv/composefs --html repository.html',
    'cfsctl --json report app:1.0',
  ],
  output: {
    html: 'the page that was written',
    'subject.kind': '`image` or `repository`',
    'subject.name': 'what it is called',
    'subject.repository': 'the repository; null for a file or directory',
    'subject.algorithm': 'its hash',
    'images[]': 'the images: names, ids, sizes, and what they share',
    'layers[]': 'the layers: sizes, and which images they are of',
    'objects.objects': 'objects of the images',
    'objects.bytes': 'their bytes',
    stored: 'of a repository: what is shown, what else is stored, and what no name reaches',
    'shared[]': 'objects by the images that share them',
    largest: 'the largest files',
    duplicates: 'contents that are there more than once',
    hidden: 'what layers hold though no image shows it',
    'views[]': 'sizes by directory and by layer, as trees',
    'problems[]': 'what could not be read',
  },
} as const satisfies Command
