import { isErofsError } from '@composefs/erofs'
import { readImage } from './read-image.ts'
import { treeView } from './tree-view.ts'

const input = element('file', HTMLInputElement)
const drop = element('drop', HTMLElement)
const status = element('status', HTMLElement)
const facts = element('facts', HTMLElement)
const view = element('tree', HTMLElement)

input.addEventListener('change', () => void show(input.files?.[0]))
drop.addEventListener('dragover', event => {
  event.preventDefault()
  drop.classList.add('over')
})
drop.addEventListener('dragleave', () => drop.classList.remove('over'))
drop.addEventListener('drop', event => {
  event.preventDefault()
  drop.classList.remove('over')
  void show(event.dataTransfer?.files[0])
})

async function show(file: File | undefined): Promise<void> {
  if (file === undefined) return
  facts.replaceChildren()
  view.replaceChildren()
  status.classList.remove('failed')
  try {
    const image = readImage(new Uint8Array(await file.arrayBuffer()))
    facts.replaceChildren(...image.facts.flatMap(([name, value]) => row(name, value)))
    view.replaceChildren(treeView(image.tree))
    status.textContent = file.name
  } catch (error) {
    status.classList.add('failed')
    // The reader trusts nothing: whatever the file is, this is all it can throw.
    const reason = isErofsError(error) ? `${error.code}: ${error.message}` : String(error)
    status.textContent = `${file.name}: ${reason}`
  }
}

function row(name: string, value: string): HTMLElement[] {
  const term = document.createElement('dt')
  term.textContent = name
  const description = document.createElement('dd')
  description.textContent = value
  return [term, description]
}

function element<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id)
  if (found instanceof type) return found
  throw new Error(`the page has no ${id}`)
}
