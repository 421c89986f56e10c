/** Sentences made of what the error knows. */
export type Hints = (facts: Readonly<Record<string, unknown>>) => readonly string[]
