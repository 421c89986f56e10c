import { basename } from 'node:path'
import type { Program } from './arguments/program.ts'
import { cfsctl } from './command-table.ts'
import { tools } from './tools.ts'

/** The program that a process is, by the name it was started under. */
export async function programByName(script: string): Promise<Program> {
  const name = basename(script).replace(/\.[jt]s$/, '')
  const tool = tools.find(candidate => candidate.name === name)
  return tool === undefined ? cfsctl : tool.load()
}
