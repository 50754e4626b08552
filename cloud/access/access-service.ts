import { z } from 'zod'
import { type Millis, seconds } from '#contract/instant.ts'
import type { Caller, Role } from '../http/access.ts'
import type { Action } from '../http/action.ts'
import { Fault } from '../http/fault.ts'
import type { World } from '../world.ts'
import type { AccessStore } from './access-store.ts'
import { shown } from './mask.ts'
import { type FieldRight, fieldRight, laidOver, mayAct, Policy, stageRight } from './policy.ts'

type Deps = {
  readonly world: Pick<World, 'clock' | 'log'>
  readonly store: AccessStore
  readonly shipped: Policy
  /** While the installation has not said anything else. */
  readonly secondFactorToBlock: 'on' | 'off'
}

/** Another instance may have changed the policy: it counts here after at most this long. */
const REMEMBERED: Millis = seconds(5)
const Switch = z.enum(['on', 'off'])

type Standing = { readonly own: Policy; readonly policy: Policy; readonly secondFactor: 'on' | 'off' }

export type AccessService = ReturnType<typeof createAccessService>

/** What roles may, as data: asked by the guard before every route, and by slices about fields and stages. */
export function createAccessService({ world, store, shipped, secondFactorToBlock }: Deps) {
  const { clock, log } = world
  let read: { readonly at: Millis; readonly standing: Promise<Standing> } | undefined

  const readAgain = async (): Promise<Standing> => {
    const own = Policy.parse((await store.read('policy')) ?? {})
    const secondFactor = Switch.parse((await store.read('second-factor-to-block')) ?? secondFactorToBlock)
    return { own, policy: laidOver(shipped, own), secondFactor }
  }
  const standing = (): Promise<Standing> => {
    const now = clock.steady()
    if (read === undefined || now - read.at >= REMEMBERED) {
      const asked = { at: now, standing: readAgain() }
      read = asked
      asked.standing.catch(() => {
        if (read === asked) read = undefined
      })
    }
    return read.standing
  }
  const view = async () => {
    const { policy, own, secondFactor } = await standing()
    return { policy, own, secondFactorToBlock: secondFactor }
  }

  return {
    mayAct: async ({ role }: Pick<Caller, 'role'>, action: Action): Promise<boolean> =>
      mayAct((await standing()).policy, role, action),
    /** What of a field of a resource (driver, lease, ledger …) this caller may see. */
    fieldRight: async ({ role }: Pick<Caller, 'role'>, resource: string, field: string): Promise<FieldRight> =>
      fieldRight((await standing()).policy, role, resource, field),
    /** Whether this caller sees or moves cards of a stage. */
    stageRight: async ({ role }: Pick<Caller, 'role'>, pipeline: string, stage: string) =>
      stageRight((await standing()).policy, role, pipeline, stage),
    /** For many items at once: the same questions, answered without waiting. */
    rightsOf: async ({ role }: Pick<Caller, 'role'>) => {
      const { policy } = await standing()
      const field = (resource: string, name: string) => fieldRight(policy, role, resource, name)
      return {
        field,
        stage: (pipeline: string, stage: string) => stageRight(policy, role, pipeline, stage),
        /** A field's value as this caller may see it: whole, its end, or null. */
        shown: (resource: string, name: string, value: string | null): string | null =>
          shown(field(resource, name), name, value),
      }
    },
    secondFactorToBlock: async (): Promise<'on' | 'off'> => (await standing()).secondFactor,

    view,
    /** Faults: policy/invalid. */
    setPolicy: async (candidate: unknown, by: Pick<Caller, 'id'>) => {
      const parsed = Policy.safeParse(candidate)
      if (!parsed.success) throw new Fault('policy/invalid', z.prettifyError(parsed.error))
      // An owner who locks the owners out would have nobody left to undo it.
      if (denies(parsed.data, 'owner', 'access:change'))
        throw new Fault('policy/invalid', 'the owner keeps access:change')
      await store.write('policy', parsed.data, by.id, clock.now())
      read = undefined
      log.info({ accountId: by.id }, 'access.policy-changed')
      return view()
    },
    setSecondFactor: async (wanted: 'on' | 'off', by: Pick<Caller, 'id'>) => {
      await store.write('second-factor-to-block', wanted, by.id, clock.now())
      read = undefined
      log.info({ accountId: by.id, secondFactorToBlock: wanted }, 'access.second-factor-changed')
      return view()
    },
  }
}

const denies = (own: Policy, role: Role, action: Action): boolean => !mayAct(own, role, action)
