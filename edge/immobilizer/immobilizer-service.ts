import type { RelayWord, TimeQuality } from '#contract/frame.ts'
import type { Clock, Millis } from '#contract/instant.ts'
import { type BlockOrder, isProvenReport, type Order, type OrderReport, type ProvenReport } from '#contract/order.ts'
import type { GatewayRecord } from '#contract/record.ts'
import { observe } from '../interlock/evidence.ts'
import type { Log } from '../log.ts'
import type { OrderInboxStore } from '../orders/order-inbox-store.ts'
import { gnssTrust, type Suspicion, suspicionOf } from '../position/gnss-trust.ts'
import { calibratedScale } from '../position/wheel-check.ts'
import type { Reading } from '../profile/reading.ts'
import { stepImmobilizer, wakeAt } from './immobilizer.ts'
import { type ImmobilizerState, type Installed, type Moment, startState } from './immobilizer-state.ts'
import { type Effect, type ImmobilizerEvent, relayWord, verdictNow } from './immobilizer-step.ts'
import type { RelayDrive, WritesRelay } from './relay-output.ts'

export type ImmobilizerService = {
  /** Reads the relay, then works until `stop` fires. */
  run(stop: AbortSignal): Promise<void>
  /** Takes a proved order. */
  receive(order: Order): void
  /** Takes what one polling cycle read; a waiting order is judged again at once. */
  observe(readings: readonly Reading[]): void
  /** Frees the relay for a person at the vehicle who has proved the right to it. */
  releaseLocally(): void
  /** A technician's own block at the vehicle; its steps are told to the asker and are no reports to the cloud. */
  testRelay(order: BlockOrder, told: (report: OrderReport) => void): 'started' | 'busy'
  /** Frees the relay after a test. */
  endTest(): void
  /** The contact does not follow its drive: no block is tried until the next commissioning sheet. Frees nothing. */
  distrustRelay(): void
  relay(): RelayWord
  trust(): 'ok' | 'suspect' | 'jammed'
  /** A block waits for the receiver's word alone: a receiver that is polled is to be asked more often. */
  awaitsFix(): boolean
  /** Why the receiver is not believed; undefined while it is. */
  suspicion(): Suspicion | undefined
  /** What one km/h of the wheels is in GNSS km/h; undefined until that is learned. */
  wheelScale(): number | undefined
  state(): ImmobilizerState
}

type Deps = {
  readonly relay: WritesRelay
  readonly inbox: OrderInboxStore
  /** Puts a report or event on disk before it returns; while the disk refuses it is kept and tried again. Never throws. */
  readonly append: (record: GatewayRecord) => 'stored' | 'waiting'
  /** Signs a report; undefined where this gateway has no key. */
  readonly prove?: (report: ProvenReport) => string | undefined
  readonly timeQuality: () => TimeQuality
  readonly installed: Installed
  readonly clock: Clock
  readonly log: Log
}

/** The only holder of the relay: carries out what the pure machine asks for, one event after another. */
export function createImmobilizerService(deps: Deps): ImmobilizerService {
  const { clock, installed, log } = deps
  let state = startState(deps.inbox.load(), clock.steady())
  let stopped = new AbortController().signal
  let timer = new AbortController()
  let busy = false
  const events: ImmobilizerEvent[] = []
  const { open } = state.memory
  /** Of a test that a restart cut short, only its end is to be told. */
  let test = open?.test === undefined ? undefined : { orderId: open.order.orderId, told: (_: OrderReport) => {} }

  const moment = (): Moment => ({ steady: clock.steady(), wall: clock.now(), quality: deps.timeQuality() })

  const dispatch = (event: ImmobilizerEvent): void => {
    events.push(event)
    if (busy) return
    busy = true
    try {
      for (let next = events.shift(); next !== undefined; next = events.shift()) {
        const stepped = stepImmobilizer(state, next, moment(), installed)
        state = stepped.state
        for (const effect of stepped.effects) execute(effect)
      }
    } finally {
      busy = false
    }
    schedule()
  }

  const execute = (effect: Effect): void => {
    switch (effect.effect) {
      case 'save':
        saveMemory(effect)
        break
      case 'report':
        if (sayReport(effect.report) === 'stored') events.push({ event: 'told', report: effect.report })
        break
      case 'event':
        log.warn({ name: effect.record.name, data: effect.record.data }, 'immobilizer.event')
        deps.append(effect.record)
        break
      case 'read':
        void readDrive(effect.ticket)
        break
      case 'write':
        void writeDrive(effect.target, effect.ticket)
        break
      default:
        effect satisfies never
    }
  }

  const saveMemory = ({ memory, ticket }: Extract<Effect, { effect: 'save' }>): void => {
    try {
      deps.inbox.save(memory)
      events.push({ event: 'saved', ticket })
    } catch (cause) {
      log.error({ err: cause }, 'order-inbox.unwritable')
      events.push({ event: 'unsaved', ticket })
    }
  }

  /** The cloud knows no order of a test: what becomes of it is an event. */
  const sayTest = (report: OrderReport): 'stored' | 'waiting' => {
    const { state: step, relay, at } = report
    const reason = 'reason' in report ? { reason: report.reason } : {}
    const kept = deps.append({ kind: 'event', name: 'relay-test', at, data: { state: step, relay, ...reason } })
    test?.told(report)
    return kept
  }

  const sayReport = (report: OrderReport): 'stored' | 'waiting' => {
    if (report.orderId === test?.orderId) return sayTest(report)
    log.info(described(report), 'order.step')
    return deps.append(isProvenReport(report) ? proven(report) : report)
  }

  /** A report that could not be signed is still the truth: it goes out without. */
  const proven = (report: ProvenReport): ProvenReport => {
    try {
      const proof = deps.prove?.(report)
      return proof === undefined ? report : { ...report, proof }
    } catch (cause) {
      log.error({ err: cause, orderId: report.orderId }, 'report.unsigned')
      return report
    }
  }

  const readDrive = async (ticket: number): Promise<void> => {
    const word = await deps.relay.readDrive(stopped).then(
      (answer) => answer.drive,
      () => 'unknown' as const,
    )
    if (!stopped.aborted) dispatch({ event: 'drive', ticket, word })
  }

  /** The last look, right before the bytes: the same order, and for a block still a proceeding interlock. */
  const mayStill = (target: RelayDrive, ticket: number): boolean => {
    const { work } = state
    if (stopped.aborted || work.work !== 'writing' || state.ticket !== ticket) return false
    return target === 'free' || verdictNow(state, moment(), installed, work.writes - 1).verdict === 'proceed'
  }

  const writeDrive = async (target: RelayDrive, ticket: number): Promise<void> => {
    let withheld = false
    const look = (): boolean => {
      withheld = !mayStill(target, ticket)
      return !withheld
    }
    const answer = look()
      ? await deps.relay.writeDrive(target, stopped, look).then(
          () => 'written' as const,
          (cause: unknown) => {
            if (!withheld) log.warn({ err: cause, target }, 'relay.write-unanswered')
            return 'unwritten' as const
          },
        )
      : 'unwritten'
    if (!stopped.aborted) dispatch({ event: withheld ? 'withheld' : answer, ticket })
  }

  /** One timer for whatever the state waits for; every event sets it anew. */
  const schedule = (): void => {
    timer.abort()
    const now = clock.steady()
    const due: Millis | undefined = wakeAt(state, now)
    if (due === undefined || stopped.aborted) return
    const mine = new AbortController()
    timer = mine
    void clock.sleep(Math.max(1, due - now) as Millis, mine.signal).then(() => {
      if (!mine.signal.aborted && !stopped.aborted) dispatch({ event: 'tick' })
    })
  }

  return {
    run: async (stop) => {
      stopped = stop
      dispatch({ event: 'started' })
      await new Promise<void>((done) => {
        if (stop.aborted) return done()
        stop.addEventListener('abort', () => done(), { once: true })
      })
      timer.abort()
    },
    receive: (order) => dispatch({ event: 'order', order }),
    observe: (readings) => {
      const evidence = observe(state.evidence, readings, installed.sources, installed.policy)
      dispatch({ event: 'readings', evidence })
    },
    releaseLocally: () => dispatch({ event: 'local-release' }),
    testRelay: (order, told) => {
      const { work, memory } = state
      if (work.work !== 'none' || memory.open !== undefined || installed.circuit === undefined) return 'busy'
      test = { orderId: order.orderId, told }
      dispatch({ event: 'relay-test', order })
      return 'started'
    },
    endTest: () => dispatch({ event: 'local-release', cause: 'relay-test' }),
    distrustRelay: () => dispatch({ event: 'relay-stuck' }),
    relay: () => relayWord(state, moment()),
    trust: () => gnssTrust(state.evidence.trust),
    wheelScale: () => calibratedScale(state.evidence.trust.wheel),
    awaitsFix: () => installed.sources.motion === undefined && state.memory.open?.order.action === 'block',
    suspicion: () => suspicionOf(state.evidence.trust),
    state: () => state,
  }
}

const described = (report: Extract<GatewayRecord, { kind: 'report' }>): object => ({
  orderId: report.orderId,
  orderSeq: report.orderSeq,
  state: report.state,
  relay: report.relay,
  ...('reason' in report ? { reason: report.reason } : {}),
})
