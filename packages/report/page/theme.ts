import { element } from './dom.ts'

const KEY = 'composefs-report-theme'
const CHOICES = [
  ['auto', 'Auto'],
  ['light', 'Light'],
  ['dark', 'Dark'],
] as const

/** The switch between light and dark; `auto` follows the system. */
export function themeSwitch(): HTMLElement {
  const current = stored()
  apply(current)
  const choices = CHOICES.map(([value, label]) => {
    const input = element('input', {
      type: 'radio',
      name: 'theme',
      value,
      checked: value === current,
    })
    input.addEventListener('change', () => {
      apply(value)
      store(value)
    })
    return element('label', {}, input, element('span', {}, label))
  })
  return element(
    'fieldset',
    { class: 'segments theme' },
    element('legend', { class: 'only-heard' }, 'Colours'),
    ...choices,
  )
}

function apply(theme: string): void {
  if (theme === 'auto') document.documentElement.removeAttribute('data-theme')
  else document.documentElement.dataset.theme = theme
}

/** A browser may refuse to store anything for a file. */
function stored(): string {
  try {
    const value = localStorage.getItem(KEY)
    return CHOICES.some(([known]) => known === value) ? (value as string) : 'auto'
  } catch {
    return 'auto'
  }
}

function store(theme: string): void {
  try {
    localStorage.setItem(KEY, theme)
  } catch {
    // The choice holds as long as the page is open.
  }
}
