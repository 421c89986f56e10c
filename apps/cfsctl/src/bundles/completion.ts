// Completion: between two keys of the user.

export * as completion from '../commands/completion-run.ts'
export { answerCompletion } from '../completion/answer.ts'
