import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { millis, seconds } from '#contract/instant.ts'
import type { Calls } from '../calls/app.ts'
import type { Facts } from '../expressions/fact-type.ts'
import type { Caller, ParksInSight } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import type { RulePorts } from '../rules/ports.ts'
import { writeXlsx } from '../spreadsheet/xlsx-client.ts'
import type { World } from '../world.ts'
import { createAgentRoutes } from './agents/agent-routes.ts'
import { createAgentStore } from './agents/agent-store.ts'
import { createBoardStore } from './board-store.ts'
import { createCardStore } from './card-store.ts'
import { createDefinitionStore } from './definition-store.ts'
import { createDefinitionRoutes } from './definitions/definition-routes.ts'
import { createDefinitionService, type DefinitionService } from './definitions/definition-service.ts'
import { createBoardRoutes } from './desk/board-routes.ts'
import { createCardListStore } from './desk/card-list-store.ts'
import type { Beside } from './desk/card-past.ts'
import { createCardPastRoutes } from './desk/card-past-routes.ts'
import { createCardRoutes } from './desk/card-routes.ts'
import { createDeskService } from './desk/desk-service.ts'
import { createEnglishRoutes } from './desk/english-routes.ts'
import { createFocusStore } from './desk/focus-store.ts'
import { createLabelStore } from './desk/label-store.ts'
import type { May } from './desk/may.ts'
import { createRunRoutes } from './desk/run-routes.ts'
import { createRunStore } from './desk/run-store.ts'
import { createTaskRoutes } from './desk/task-routes.ts'
import { createTaskStore } from './desk/task-store.ts'
import { createViewRoutes } from './desk/view-routes.ts'
import { createViewStore } from './desk/view-store.ts'
import { createDispatcherRoutes } from './dispatcher/dispatcher-routes.ts'
import { createDispatcherService } from './dispatcher/dispatcher-service.ts'
import { createPartyStore } from './dispatcher/party-store.ts'
import { createStaffStore } from './dispatcher/staff-store.ts'
import { createFileRoutes } from './documents/file-routes.ts'
import { createFileStore, shippedTemplate } from './documents/file-store.ts'
import { createMaking } from './documents/making.ts'
import { createOfficeClient } from './documents/office-client.ts'
import { createUploadRoutes } from './documents/upload-routes.ts'
import { createUploadService } from './documents/upload-service.ts'
import { createUploadStore } from './documents/upload-store.ts'
import { createEffectService, type EffectService } from './effects/effect-service.ts'
import { createOutboxStore } from './effects/outbox-store.ts'
import type { ProcessPorts } from './effects/ports.ts'
import type { CardState } from './engine/card.ts'
import { createFactStore, type OutsideReads } from './fact-store.ts'
import { createApplyRoutes } from './inbox/apply-routes.ts'
import { createInboxRoutes } from './inbox/inbox-routes.ts'
import { createInboxStore } from './inbox/inbox-store.ts'
import { isSigned } from './inbox/signature-client.ts'
import { createWaitingEvents } from './inbox/waiting-service.ts'
import { createMechanicRoutes } from './mechanic/mechanic-routes.ts'
import type { SourceFile } from './notation/source.ts'
import { createProcessService, type ProcessService } from './process-service.ts'
import { createRegistryRoutes } from './registries/registry-routes.ts'
import { createRegistryStore } from './registries/registry-store.ts'
import { createRegistrySubjects } from './registry-subjects.ts'
import { createFunnelReports } from './reports/funnel-service.ts'
import { createFunnelStore } from './reports/funnel-store.ts'
import { createReportRoutes } from './reports/report-routes.ts'
import { createReportStore } from './reports/report-store.ts'
import { createResultReports } from './reports/result-service.ts'
import { createResultStore } from './reports/result-store.ts'
import { hangCards } from './rule-cards.ts'
import { createTripService } from './trips/trip-service.ts'
import { createTripStore } from './trips/trip-store.ts'

export type Processes = {
  readonly service: ProcessService
  readonly definitions: DefinitionService
  readonly effects: EffectService
  /** Fields of a record, its own and those that live elsewhere. */
  readonly record: (entity: string, id: string) => Promise<Facts | undefined>
  /** A card as its page shows it, for whoever may work on it. Faults: card/unknown and its kin. */
  readonly workable: (caller: Caller, id: string) => Promise<{ readonly fields: Readonly<Record<string, unknown>> }>
  readonly routes: readonly FastifyPluginAsyncZod[]
  /** Hangs cards in at the rules: whom they may be about, what they may read of cards and do to them. */
  hangOn(ports: RulePorts): void
  /** Takes a first version in when there is none. After the migrations. */
  open(): Promise<void>
}

type Parts = Pick<Postgres, 'db' | 'inTransaction'> & {
  readonly world: World
  /** Absent in tests, which turn the rounds by hand. */
  readonly jobs?: Jobs
  /** Within the transaction that is given: there, nothing else may ask the database. */
  readonly outside: (db: Db) => OutsideReads
  readonly ports: ProcessPorts
  /** Under which people reach us from outside; absent: letters carry no links. */
  readonly publicUrl?: string | undefined
  /** The log of calls; without it calls from outside are refused. */
  readonly calls?: Pick<Calls, 'take' | 'joined'>
  /** The personal address of a client; absent: letters carry none. */
  readonly clientAddress?: (db: Db, client: string) => Promise<string | undefined>
  /** What stands about a card elsewhere in the house; absent: nothing. */
  readonly beside?: Beside
  readonly may: May
  /** Numbers that people have set; read again every few seconds, never within a transaction. */
  readonly policy: () => Promise<Facts>
  /** The files that come with the house. */
  readonly shipped: readonly SourceFile[]
  readonly loadRules?: (files: readonly SourceFile[], version: number) => Promise<void>
  /** For the live feed. */
  readonly changed?: (card: {
    readonly id: string
    readonly pipeline: string
    readonly stage: string
    readonly version: number
    readonly tasks: number
  }) => void
}

const KEPT_MS = 14 * 86_400_000

/** Wires cards, processes, tasks, documents and reports; starts nothing. */
export function createProcesses(parts: Parts): Processes {
  const { db, inTransaction, world, ports, jobs } = parts
  const { clock, uuid, log } = world
  let policy: Facts = {}
  const factStore = (within: Db) => createFactStore(within, parts.outside(within))
  const changed = ({ card, tasks }: CardState): void =>
    parts.changed?.({
      id: card.id,
      pipeline: card.pipeline,
      stage: card.stage,
      version: card.version,
      tasks: tasks.filter(({ state }) => state === 'open').length,
    })

  const service = createProcessService({
    clock,
    uuid,
    db,
    inTransaction,
    cardStore: createCardStore,
    factStore,
    definitionStore: createDefinitionStore,
    policy: () => policy,
    changed,
    wake: () => {},
  })
  const definitions = createDefinitionService({
    db,
    inTransaction,
    clock,
    log,
    definitionStore: createDefinitionStore,
    loadRules: parts.loadRules ?? (async () => {}),
    logCarried: async (tx, cards, { pipeline, from, stage, by }) => {
      if (cards.length === 0) return
      const change = JSON.stringify({ kind: 'carried', from, to: stage })
      const rows = cards.map(({ id, version }) => ({
        card: id,
        version,
        at: clock.now(),
        pipeline,
        stage,
        kind: 'carried',
        change,
        actorKind: 'person',
        actor: by,
        actorName: by,
        ruleVersion: null,
        reason: null,
        evidence: null,
      }))
      await tx.insertInto('cardLog').values(rows).execute()
    },
  })
  const makeDocument = createMaking({
    uuid,
    processes: service,
    office: createOfficeClient(),
    fileStore: createFileStore,
    shippedTemplate,
  })
  const uploads = createUploadService({
    ...world,
    inTransaction,
    publicUrl: parts.publicUrl,
    uploadStore: createUploadStore,
    fileStore: createFileStore,
    outboxStore: createOutboxStore,
    processes: service,
  })
  const effects = createEffectService({
    db,
    inTransaction,
    clock,
    log,
    uuid,
    processes: service,
    outboxStore: createOutboxStore,
    boardStore: createBoardStore,
    factStore,
    ports,
    changed,
    formsFor: async (tx, to, card) => {
      const staff = createStaffStore(tx)
      // Whoever began the card by hand has its form open already.
      if ((await staff.authorOf(card)) !== null) return []
      if (to.kind === 'person') return [to.id]
      if (to.kind === 'record') return []
      const machine = await service.activeIn(tx)
      const group = to.kind === 'group' ? machine?.definitions.org.groups.get(to.id) : undefined
      const roles = to.kind === 'role' ? [to.id] : (group?.of ?? []).map(({ name }) => name)
      return (await staff.playing(roles)).map(({ id }) => id)
    },
    makeDocument,
    uploadAddress: uploads.addressFor,
    clientAddress: parts.clientAddress ?? (async () => undefined),
  })
  const reportsOf = (parks: ParksInSight) => {
    const logged = { funnels: createFunnelStore(db, parks), reports: createReportStore(db, parks) }
    const results = createResultStore(db, parks)
    const counts = (pipeline: string) => createBoardStore(db).counts(pipeline, parks)
    return { ...createFunnelReports(logged), ...createResultReports({ ...logged, results, counts }) }
  }
  const desk = createDeskService({
    db,
    clock,
    processes: service,
    boardStore: createBoardStore,
    taskStore: createTaskStore,
    listStore: createCardListStore,
    labelStore: createLabelStore,
    focusStore: createFocusStore,
    records: (entity, id) => factStore(db).record(entity, id),
    template: shippedTemplate,
    makeDocument: (card, document, facts, now) => inTransaction((tx) => makeDocument(tx, card, document, facts, now)),
    may: parts.may,
    files: createFileStore(db),
    beside: parts.beside,
  })

  const dispatcher = createDispatcherService({
    db,
    clock,
    uuid,
    desk,
    processes: service,
    parties: createPartyStore(db),
    staff: createStaffStore(db),
    facts: factStore,
    vehicleOf: (caller, named) => createPartyStore(db).vehicle(caller.parks, named),
    may: parts.may,
  })

  const carryOutAtOnce = async (key: string): Promise<void> => {
    await effects.carryOut(key)
    // What came of it for others (a transfer, a message) need not wait for the next round either.
    effects.round().catch((err: unknown) => log.warn({ err }, 'process.not-at-once'))
  }
  const trips = createTripService({
    clock,
    trips: createTripStore(db),
    definitions: async () => (await service.active())?.definitions,
    take: (incoming, now) => inTransaction((tx) => createInboxStore(tx).take('inbox', incoming, now)),
  })

  /** A card of its own for each vehicle of a pipeline whose cards are vehicles. */
  const bearSubjects = async (): Promise<void> => {
    const machine = await service.active()
    for (const pipeline of machine?.definitions.pipelines.values() ?? []) {
      if (pipeline.card.name !== 'vehicle') continue
      const standing = new Set(
        (
          await db
            .selectFrom('cards')
            .select('subject')
            .where('pipeline', '=', pipeline.id)
            .where('closedAt', 'is', null)
            .execute()
        ).map(({ subject }) => subject),
      )
      for (const { id } of await db.selectFrom('vehicles').select('id').execute())
        if (!standing.has(id))
          await service
            .birth({ pipeline: pipeline.id, fields: {}, subject: id }, { kind: 'system', id: 'engine' })
            .catch((cause: unknown) => {
              // Born meanwhile by another instance, or by a round that is not through yet: the same card.
              if (!(cause instanceof Fault && cause.code === 'card/exists')) throw cause
            })
    }
  }
  jobs?.every('process-subjects', seconds(60), bearSubjects)
  jobs?.every('process-trips', seconds(15), async () => void (await trips.look()))
  const waiting = createWaitingEvents({
    db,
    inTransaction,
    clock,
    inboxStore: createInboxStore,
    outboxStore: createOutboxStore,
  })
  jobs?.every('process-payments', seconds(10), async () => void (await effects.placePayments()))
  jobs?.every('process-events-waiting', seconds(2), async () => void (await waiting.place()))
  jobs?.every('process-timers', seconds(5), async (stop) => {
    policy = await parts.policy()
    while (!stop.aborted && (await effects.ring()) > 0);
  })
  jobs?.every('process-effects', millis(500), async (stop) => {
    while (!stop.aborted && (await effects.round()) > 0);
  })
  jobs?.every('process-files-waiting', seconds(10), async () => void (await createFileStore(db).place()))
  jobs?.every('process-outbox-tidy', seconds(3600), async () => {
    await createFileStore(db).forget(clock.now() - KEPT_MS)
    await createOutboxStore(db).forget(clock.now() - KEPT_MS)
  })

  const spoken = (routes: readonly FastifyPluginAsyncZod[]) => [
    createEnglishRoutes(async () => (await service.active())?.definitions.english, routes),
  ]
  return {
    service,
    definitions,
    effects,
    record: (entity, id) => factStore(db).record(entity, id),
    workable: async (caller, id) => {
      await desk.mayWrite(caller, id, {})
      return desk.card(caller, id)
    },
    hangOn: (rulePorts) => {
      rulePorts.subjects(createRegistrySubjects({ active: service.active, facts: factStore(db) }))
      hangCards(rulePorts, {
        db,
        inTransaction,
        processes: service,
        boards: createBoardStore,
        facts: factStore,
        outbox: createOutboxStore,
        now: clock.now,
      })
    },
    routes: spoken([
      createBoardRoutes({ desk, writeXlsx }),
      createCardRoutes({ desk, processes: service }),
      createCardPastRoutes({ desk }),
      createRunRoutes({ runs: createRunStore(db), active: service.active, may: parts.may }),
      createDispatcherRoutes(dispatcher),
      createMechanicRoutes({ desk, active: service.active }),
      createViewRoutes({ uuid, views: createViewStore(db) }),
      createTaskRoutes({ desk, tasks: createTaskStore(db) }),
      createDefinitionRoutes({ definitions, store: createDefinitionStore(db) }),
      createReportRoutes({ reportsOf, active: service.active, now: clock.now, writeXlsx }),
      createRegistryRoutes({
        store: createRegistryStore(db),
        cardsInSight: createBoardStore(db).amongInSight,
        desk,
        may: parts.may,
        active: service.active,
        now: clock.now,
      }),
      createFileRoutes({ clock, uuid, desk, files: createFileStore(db) }),
      createUploadRoutes({
        clock,
        uploads: createUploadStore(db),
        take: async (upload, file) => {
          const key = await uploads.take(upload, file)
          if (key !== undefined) await carryOutAtOnce(key)
          return key !== undefined
        },
      }),
      createAgentRoutes({
        clock,
        randomBytes: world.randomBytes,
        agents: createAgentStore(db),
        cardsInSight: createBoardStore(db).amongInSight,
        may: parts.may,
      }),
      createApplyRoutes({
        clock,
        uuid,
        files: createFileStore(db),
        take: async (incoming) => {
          const key = await inTransaction((tx) => createInboxStore(tx).take('form', incoming, clock.now()))
          if (key !== undefined) await carryOutAtOnce(key)
          await createFileStore(db).place()
        },
      }),
      createInboxRoutes({
        db,
        inTransaction,
        clock,
        uuid,
        randomBytes: world.randomBytes,
        inboxStore: createInboxStore,
        carryOut: carryOutAtOnce,
        calls: parts.calls,
        newestOnly: async () => {
          const events = (await service.active())?.definitions.events.values() ?? []
          return new Set([...events].filter(({ newest }) => newest !== undefined).map(({ id }) => id))
        },
        isSigned,
      }),
    ]),
    open: async () => {
      policy = await parts.policy()
      if (parts.shipped.length === 0 || (await createDefinitionStore(db).active()) !== undefined) return
      const problems = definitions.check(parts.shipped)
      if (problems.length > 0) {
        log.error({ problems: problems.slice(0, 5), count: problems.length }, 'processes.shipped-refused')
        return
      }
      const version = await definitions.load(parts.shipped, 'Поставка', 'Кордон')
      await definitions.activate(version, { cards: 'keep', mapping: {}, by: 'Кордон' })
    },
  }
}
