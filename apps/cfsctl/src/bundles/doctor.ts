// What tries out the machine.
export * as doctor from '../commands/doctor-run.ts'
