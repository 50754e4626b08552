import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { VehicleId } from '#contract/ids.ts'
import { type EpochMs, epochMs, minutes, seconds } from '#contract/instant.ts'
import type { HoldReason } from '#contract/order.ts'
import { DriverId } from '../drivers/driver.ts'
import type { HoldService } from '../holds/hold-service.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { LeasingEvent } from '../leases/leasing-event.ts'
import type { Policies } from '../policies/app.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import type { FactChangeRow } from '../postgres/rule-tables.ts'
import type { Action } from '../processes/notation/action.ts'
import type { FactRead } from '../processes/notation/read.ts'
import type { SourceFile } from '../processes/notation/source.ts'
import type { World } from '../world.ts'
import { createRuleBookService, type FirstMode, type RuleBookService } from './book/rule-book-service.ts'
import { createDecisionRoutes } from './decision-routes.ts'
import { createEffectService } from './effects/effect-service.ts'
import { createFactStore } from './fact-store.ts'
import { emitAction, holdAction, QueuedEvent } from './house-actions.ts'
import {
  type FactSource,
  houseReads,
  houseSubjects,
  type PermitSource,
  promiseFacts,
  promisePermit,
} from './house-facts.ts'
import { leasingRuleEvent } from './leasing-rule-event.ts'
import { createOutcomeStore } from './outcome-store.ts'
import type { ActionHandler, Addressed, ReadHandler, RuleEvent, RulePorts, SubjectSource } from './ports.ts'
import { createRecordStore } from './record-store.ts'
import { createRuleRoutes } from './rule-routes.ts'
import { CHANGED, createRuleService, type RuleService } from './rule-service.ts'
import { createRuleStore, readShippedRules } from './rule-store.ts'
import { createSubjectStore } from './subject-store.ts'
import { createWhatIfService, type WhatIfService } from './trial/what-if-service.ts'
import { createWhatIfStore } from './trial/what-if-store.ts'

export type FactChange = {
  readonly kind: FactChangeRow['kind']
  readonly id: string
  /** `postponed` of a vehicle. */
  readonly field: string
  /** null: not known from now on. */
  readonly value: FactChangeRow['value']
  readonly about: Addressed
}

export type Rules = {
  readonly ports: RulePorts & {
    permit(name: string, source: PermitSource): void
    facts(kind: 'vehicle' | 'driver', source: FactSource): void
    /** Since when a rule has been satisfied for each of these drivers, as far as it acts; who it is not for now, is not in it. */
    satisfiedSince(ruleId: string, drivers: readonly DriverId[]): Promise<ReadonlyMap<DriverId, EpochMs>>
  }
  readonly book: RuleBookService
  readonly service: RuleService
  readonly whatIf: WhatIfService
  readonly routes: readonly FastifyPluginAsyncZod[]
  /** Case files whose rules are to run here, with what they name. Before `open`. */
  adopt(files: readonly SourceFile[]): void
  /** Queues an event for the rules that it wakes; with `db`: if and only if that commits. */
  emit(event: RuleEvent, db?: Db): Promise<void>
  /** The same, for what leases, shifts and money tell. */
  onLeasing(event: LeasingEvent, db?: Db): Promise<void>
  /** Notes that a fact has changed, and wakes the rules that wait for just that. */
  factChanged(change: FactChange, db?: Db): Promise<void>
  /** Carries out what is waiting; also runs by itself. */
  carryOut(stop: AbortSignal): Promise<void>
  /** A policy has changed: every rule is looked at again at once. */
  lookAgain(): void
  /** Takes the shipped rules in. After the migrations. */
  open(firstMode: FirstMode): Promise<void>
}

type Parts = Pick<Postgres, 'db' | 'inTransaction'> & {
  readonly world: World
  readonly jobs: Jobs
  readonly policies: Policies
  readonly holds: Pick<HoldService, 'place' | 'liftReason' | 'lastLift'>
  readonly inSight: Parameters<typeof createDecisionRoutes>[0]['inSight']
  /** May rules order blocks for this reason now? */
  readonly automatic: (reason: HoldReason) => Promise<'running' | 'stopped'>
  readonly count: (verdict: string) => void
}

const EVENTS = 'rule-event'
const KEPT_DAYS = 120

/** Wires rules; starts nothing. Other slices hang their facts and actions in through `ports` before `open`. */
export function createRules(parts: Parts): Rules {
  const { db, inTransaction, world, jobs, policies } = parts
  const { clock, log, uuid } = world
  const sources: SubjectSource[] = []
  const reads = new Map<FactRead['kind'], ReadHandler>()
  const actions = new Map<Action['kind'], ActionHandler>()
  const permits = new Map<string, PermitSource>()
  const facts: { vehicle: FactSource[]; driver: FactSource[] } = { vehicle: [], driver: [] }
  const subjectStore = createSubjectStore(db)

  const book = createRuleBookService({
    db,
    inTransaction,
    clock,
    log,
    shipped: readShippedRules(),
    policyScope: policies.scope,
    policy: policies.service.facts,
    ruleStore: createRuleStore,
    outcomeStore: createOutcomeStore,
  })
  const titles = new Map<string, string>()
  const standing = async () => {
    const rules = await book.standing()
    for (const { compiled } of rules) titles.set(compiled.id, compiled.title)
    return rules
  }
  const effects = createEffectService({
    db,
    clock,
    log,
    handlers: () => actions,
    recordStore: createRecordStore,
    outcomeStore: createOutcomeStore,
    lookAgain: async ({ ruleId, subject, vehicleId, driverId }) => {
      const acting = (await book.standing()).find(({ compiled, mode }) => compiled.id === ruleId && mode === 'acting')
      if (acting === undefined) return 'acts-no-more'
      if (acting.compiled.everyMs === undefined) return 'only-by-event'
      const only = { subject, vehicleId: vehicleId ?? undefined, driverId: driverId ?? undefined }
      await service.evaluate(acting, only, undefined)
      return 'judged'
    },
    titleOf: (id) => titles.get(id) ?? id,
  })
  const never = new AbortController().signal
  // One at a time in this process: who asks to carry out also waits for what is being carried out.
  let carrying: Promise<void> = Promise.resolve()
  const carryOut = (stop: AbortSignal): Promise<void> => {
    const turn = carrying.then(() => effects.carryOut(stop))
    carrying = turn.catch((err: unknown) => log.error({ err }, 'rule.effects-failed'))
    return turn
  }
  const carrySoon = () => void carryOut(never).catch(() => {})
  const subjects = (): readonly SubjectSource[] => [...sources, houseSubjects(subjectStore, () => facts, clock)]
  const service = createRuleService({
    db,
    inTransaction,
    clock,
    log,
    uuid,
    standing,
    policy: policies.service.facts,
    subjects,
    reads: () => reads,
    ruleStore: createRuleStore,
    outcomeStore: createOutcomeStore,
    recordStore: createRecordStore,
    factStore: createFactStore,
    decided: carrySoon,
    count: parts.count,
  })
  const whatIf = createWhatIfService({
    db,
    clock,
    log,
    uuid,
    whatIfStore: createWhatIfStore,
    factStore: createFactStore,
    subjects,
    rule: async (id) =>
      (await book.standing()).find(({ compiled }) => compiled.id === id)?.compiled ?? (await book.get(id)).compiled,
    compile: book.compile,
    policy: policies.service.facts,
    send: (id) => jobs.send('what-if', { id }),
  })

  const ports: Rules['ports'] = {
    subjects: (source) => sources.push(source),
    read: (kind, handler) => reads.set(kind, handler),
    action: (kind, handler) => actions.set(kind, handler),
    permit: (name, source) => permits.set(name, source),
    facts: (kind, source) => facts[kind].push(source),
    satisfiedSince: createOutcomeStore(db).satisfiedSince,
  }
  const emit: Rules['emit'] = (event, within) =>
    jobs.send(EVENTS, event, { singletonKey: event.id, ...(within === undefined ? {} : { db: within }) })

  for (const [kind, handler] of houseReads(subjectStore, () => permits)) ports.read(kind, handler)
  ports.permit('payment_promise', promisePermit(subjectStore))
  ports.facts('driver', promiseFacts(subjectStore))
  ports.action('hold', holdAction({ holds: parts.holds, automatic: parts.automatic }))
  ports.action('emit', emitAction(emit))

  jobs.every('rule-sweep', seconds(5), service.sweep)
  jobs.every('rule-effects', seconds(2), carryOut)
  jobs.every('rule-history', minutes(24 * 60), async () => {
    await createFactStore(db).forgetBefore(epochMs(clock.now() - KEPT_DAYS * 86_400_000))
  })
  jobs.work(EVENTS, async ({ data }) => {
    const event = QueuedEvent.parse(data)
    const { vehicleId, driverId, subject } = event.about
    await service.take({
      ...event,
      at: epochMs(event.at),
      about: {
        vehicleId: vehicleId === undefined ? undefined : VehicleId.parse(vehicleId),
        driverId: driverId === undefined ? undefined : DriverId.parse(driverId),
        subject,
      },
    })
  })
  jobs.work('what-if', ({ data }, stop) => whatIf.run(data, stop), { retryLimit: 1 })

  return {
    ports,
    book,
    service,
    whatIf,
    adopt: book.adopt,
    emit,
    onLeasing: (event, within) => emit(leasingRuleEvent(event, clock.now()), within),
    factChanged: async ({ kind, id, field, value, about }, within) => {
      const at = clock.now()
      await createFactStore(within ?? db).add([{ kind, id, field, at, value }])
      await emit({ id: uuid(), name: CHANGED, at, payload: { path: `${kind}.${field}` }, about }, within)
    },
    carryOut,
    lookAgain: () => {
      createRuleStore(db)
        .sweepAllAgain(epochMs(0))
        .catch((err: unknown) => log.error({ err }, 'rule.not-looked-again'))
    },
    open: (firstMode) => book.open(firstMode),
    routes: [
      createRuleRoutes({ book, counts: () => createOutcomeStore(db).counts(), whatIf, inSight: parts.inSight }),
      createDecisionRoutes({ records: createRecordStore(db), book, inSight: parts.inSight }),
    ],
  }
}
