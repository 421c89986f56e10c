import type { FaultPlan } from './fault-plan.ts'

/**
 * A system whose functions fail as a plan says; the others are those of `system`.
 *
 * @example
 * const plan = new FaultPlan({ nth: 3, code: 'EIO', calls: ['linkUnnamed'] })
 * const system = createFaultySystem(linuxSystem, plan)
 */
export function createFaultySystem<System extends object>(system: System, plan: FaultPlan): System {
  return new Proxy(system, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver)
      if (typeof value !== 'function' || typeof name !== 'string') return value
      return (...parameters: unknown[]) => {
        plan.enter(name, pathOf(parameters))
        return Reflect.apply(value, target, parameters)
      }
    },
  })
}

/** The last path among the parameters: where something is to be made, if the call makes something. */
export function pathOf(parameters: readonly unknown[]): string | undefined {
  return parameters.findLast(
    parameter => typeof parameter === 'string' && parameter.includes('/'),
  ) as string | undefined
}
