import type { Algorithm } from '@composefs/fsverity'
import type { Repository } from '@composefs/repository'
import { OciError } from '../errors.ts'
import { type ComparedTree, type OpenOperandOptions, openOperand } from './open-operand.ts'
import { findOperand, type RepositoryOpener } from './operand.ts'
import { operandAlgorithm } from './operand-algorithm.ts'

/** Two trees to compare. */
export interface ComparedPair {
  readonly a: ComparedTree
  readonly b: ComparedTree
}

/** What opening the trees of a pair needs. */
export interface OpenPairOptions extends Omit<OpenOperandOptions, 'repository'> {
  /** Opens the repository, if there is one; called when a word may name something in it. The caller closes it. */
  readonly openRepository: RepositoryOpener
  /** The algorithm of directories, and of dumps and images without objects, where the other side does not say. */
  readonly algorithm: Algorithm
}

/**
 * Opens two operands as {@link findOperand} finds them. A side that does not say which algorithm its digests are of, as
 * a directory, takes that of the other.
 *
 * @throws OciError what findOperand and openOperand throw
 *
 * @example
 * const { a, b } = await openPair(['app:1.0', 'app:1.1'], options)
 * for (const difference of diffTrees(a.tree, b.tree)) …
 */
export async function openPair(
  words: readonly [a: string, b: string],
  options: OpenPairOptions,
): Promise<ComparedPair> {
  let repository: Repository | undefined
  const openRepository = async () => {
    repository ??= await options.openRepository()
    return repository
  }
  const operandA = await findOperand(words[0], openRepository)
  const operandB = await findOperand(words[1], openRepository)
  const ownA = await operandAlgorithm(operandA, repository)
  const ownB = await operandAlgorithm(operandB, repository)
  const opened = { ...options, repository }
  const a = await openOperand(
    { word: words[0], operand: operandA, algorithm: ownA ?? ownB ?? options.algorithm },
    opened,
  )
  const b = await openOperand(
    { word: words[1], operand: operandB, algorithm: ownB ?? ownA ?? options.algorithm },
    opened,
  )
  return { a, b }
}

/** @throws OciError ERR_OCI_ALGORITHMS_DIFFER when no digest of one tree can be compared with one of the other */
export function assertSameAlgorithm({ a, b }: ComparedPair): void {
  if (a.tree.algorithm === b.tree.algorithm) return
  throw new OciError(
    'ERR_OCI_ALGORITHMS_DIFFER',
    `${a.word} has ${a.tree.algorithm.name} digests and ${b.word} ${b.tree.algorithm.name} ones`,
    { expected: a.tree.algorithm.name, actual: b.tree.algorithm.name },
  )
}
