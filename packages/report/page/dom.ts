type Child = Node | string | undefined | false

/** Attributes by name; what is false or undefined is left out, what is true has no value. */
type Attributes = Readonly<Record<string, string | number | boolean | undefined>>

/** An element with attributes and children. Text goes in as text: nothing is ever parsed as HTML. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue
    made.setAttribute(name, value === true ? '' : String(value))
  }
  for (const child of children) if (child !== undefined && child !== false) made.append(child)
  return made
}

/** A part of the page with a heading. */
export function section(
  id: string,
  heading: string,
  lead: string | undefined,
  ...children: readonly Child[]
): HTMLElement {
  return element(
    'section',
    { id, 'aria-labelledby': `${id}-heading` },
    element('h2', { id: `${id}-heading` }, heading),
    lead !== undefined && element('p', { class: 'lead' }, lead),
    ...children,
  )
}
