import type { PageData } from '../src/page/page-data.ts'
import { element } from './dom.ts'
import { Explorer, type ViewNotes } from './explorer.ts'
import { imageSection } from './image-section.ts'
import { layerSection } from './layer-section.ts'
import { duplicateSection, hiddenSection, largestSection, problemSection } from './list-sections.ts'
import { numbers, pageHead, storedBar } from './summary.ts'

const NOTES: Readonly<Record<PageData['subject']['kind'], ViewNotes>> = {
  image: {
    directory: 'The files of the image, each once whatever its number of names.',
    layer: 'The files of each layer, also those that later layers hide (hatched).',
    sharing: '',
  },
  repository: {
    directory: 'The contents of all images, each once, where it comes first.',
    layer: 'The files of each layer, also those that later layers hide (hatched).',
    sharing: 'The contents of all images by the images that have them, each once.',
  },
}

function main(): void {
  const source = document.getElementById('report-data')?.textContent ?? ''
  const data = JSON.parse(source) as PageData // written by the program that wrote this script
  const explorer = new Explorer(data.views, NOTES[data.subject.kind])
  const sections = [
    explorer.element,
    imageSection(data),
    layerSection(data),
    largestSection(data),
    duplicateSection(data),
    hiddenSection(data),
    problemSection(data),
  ].filter(part => part !== undefined)
  const links = sections.map(part =>
    element('li', {}, element('a', { href: `#${part.id}` }, headingOf(part))),
  )
  document.body.append(
    element('a', { href: '#contents', class: 'skip' }, 'Skip to the contents'),
    pageHead(data),
    element(
      'main',
      {},
      numbers(data),
      storedBar(data),
      element(
        'nav',
        { class: 'sections', 'aria-label': 'Parts of the report' },
        element('ul', {}, ...links),
      ),
      ...sections,
    ),
    element(
      'footer',
      {},
      'Made by cfsctl report. Sizes are lengths of contents; what files take on a disk is rounded up to blocks.',
    ),
  )
  explorer.start()
}

function headingOf(part: HTMLElement): string {
  return part.querySelector('h2')?.textContent ?? ''
}

main()
