/** A manual page, before it is roff, text or Markdown. */
export interface Page {
  /** `cfsctl-oci-pull`. */
  readonly name: string
  /** Section of the manual: 1 commands, 5 formats, 8 administration. */
  readonly section: 1 | 5 | 8
  /** One line, without a full stop. */
  readonly summary: string
  readonly sections: readonly Section[]
}

export interface Section {
  readonly title: string
  readonly blocks: readonly Block[]
}

export type Block =
  | { readonly kind: 'paragraph'; readonly text: Text }
  /** Terms and what they mean. */
  | { readonly kind: 'list'; readonly items: readonly Item[] }
  /** Lines that stay as they are. */
  | { readonly kind: 'code'; readonly lines: readonly string[] }
  /** Headings of a section that is long. */
  | { readonly kind: 'heading'; readonly title: string }

export interface Item {
  readonly term: Text
  readonly meaning: Text
}

/** A piece of a line: `code` is typed as it is, `variable` stands for what is typed, `page` is another page: `gc(1)`. */
export interface Span {
  readonly kind: 'plain' | 'code' | 'variable' | 'page'
  readonly text: string
}
export type Text = readonly Span[]

export function plain(text: string): Span {
  return { kind: 'plain', text }
}

export function code(text: string): Span {
  return { kind: 'code', text }
}

export function variable(text: string): Span {
  return { kind: 'variable', text }
}

export function pageReference(name: string, section: number): Span {
  return { kind: 'page', text: `${name}(${section})` }
}

/** What is typed in a sentence: between backquotes, with a section behind them a page; or an option. */
const TYPED = /`([^`]+)`(\([158]\))?|(?<![\w/-])(--?[a-z][\w-]*)/g

/** The spans of a sentence of the table. */
export function sentence(text: string): Text {
  const spans: Span[] = []
  let at = 0
  for (const match of text.matchAll(TYPED)) {
    if (match.index > at) spans.push(plain(text.slice(at, match.index)))
    const [, typed, section, option] = match
    if (section === undefined) spans.push(code(typed ?? option ?? ''))
    else spans.push({ kind: 'page', text: `${typed}${section}` })
    at = match.index + match[0].length
  }
  if (at < text.length) spans.push(plain(text.slice(at)))
  return spans
}

/** The same with a full stop, where the sentence has none. */
export function fullSentence(text: string): Text {
  return sentence(/[.?!:…]$/.test(text) ? text : `${text}.`)
}

/** A meaning of the table, which begins small there, as a sentence. */
export function meaning(text: string): Text {
  return fullSentence(text.charAt(0).toUpperCase() + text.slice(1))
}

export function paragraph(text: string): Block {
  return { kind: 'paragraph', text: fullSentence(text) }
}

/** A section, unless there is nothing in it. */
export function section(title: string, blocks: readonly Block[]): readonly Section[] {
  const filled = blocks.filter(block => block.kind !== 'list' || block.items.length > 0)
  return filled.length === 0 ? [] : [{ title, blocks: filled }]
}
