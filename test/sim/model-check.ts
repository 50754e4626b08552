import { GatewayId, OrderId, OrderSeq, VehicleId } from '#contract/ids.ts'
import { epochMs, millis } from '#contract/instant.ts'
import type { Order } from '#contract/order.ts'
import { stepImmobilizer } from '../../edge/immobilizer/immobilizer.ts'
import {
  FIRST_MEMORY,
  type ImmobilizerMemory,
  type ImmobilizerState,
  type Installed,
  type Moment,
  startState,
} from '../../edge/immobilizer/immobilizer-state.ts'
import { type ImmobilizerEvent, verdictNow } from '../../edge/immobilizer/immobilizer-step.ts'
import { NO_EVIDENCE } from '../../edge/interlock/evidence.ts'
import { interlockPolicy } from '../../edge/interlock/interlock-policy.ts'
import { SOURCES } from '../support/moments.ts'
import { lived } from '../support/parked.ts'

/** The machine with its surroundings boiled down to what it can tell apart. */
type Model = {
  readonly state: ImmobilizerState
  /** What would be left after a power cut: the last memory the disk has said it holds. */
  readonly disk: ImmobilizerMemory
  readonly pendingSave: { readonly memory: ImmobilizerMemory; readonly ticket: number } | undefined
  readonly pendingWrite: { readonly target: 'free' | 'blocked'; readonly ticket: number } | undefined
  readonly pendingRead: number | undefined
  readonly register: 'free' | 'blocked'
  readonly executed: readonly OrderId[]
  /** Orders whose last word is on the outbox's disk. */
  readonly told: readonly OrderId[]
  readonly sentSeq: number
  readonly step: StepMachine
}

/** The machine under examination; a broken one proves that the examination sees. */
export type StepMachine = typeof stepImmobilizer

export type ModelResult = {
  readonly states: number
  readonly transitions: number
  readonly depth: number
  /** Whether every state within the depth was seen, or the limit cut it short. */
  readonly complete: boolean
  readonly broken: readonly string[]
}

const WALL = 1_795_000_000_000
const NOW = millis(100_020)
const AT: Moment = { steady: NOW, wall: epochMs(WALL + 100_020), quality: 'ntp' }
const GATEWAY = GatewayId.parse('gw-modelcar1')
const VEHICLE = VehicleId.parse('00000000-0000-4000-8000-0000000000aa')
const INSTALLED: Installed = {
  gatewayId: GATEWAY,
  vehicleId: VEHICLE,
  sources: SOURCES,
  policy: interlockPolicy({ relayRestMs: 0, relayTogglesPerHour: 3600 }),
  circuit: 'starter',
  sealedAt: '2026-11-01T09:00:00Z',
  software: 'model',
  boot: 'one',
}
const STANDING = lived({})
const MOVING = lived({ ignition: () => [], seconds: 20 })

const orderOf = (seq: number, action: 'block' | 'unblock'): Order => {
  const base = {
    orderId: OrderId.parse(`00000000-0000-4000-8000-00000000000${seq}`),
    seq: OrderSeq.parse(seq),
    aud: GATEWAY,
    vehicleId: VEHICLE,
    iat: epochMs(WALL),
    by: 'user:model',
  }
  return action === 'unblock'
    ? { ...base, action, reasons: [] }
    : { ...base, action, reasons: ['manual'], notAfter: epochMs(WALL + 900_000) }
}

const START: Omit<Model, 'step'> = {
  state: startState(FIRST_MEMORY, NOW),
  disk: FIRST_MEMORY,
  pendingSave: undefined,
  pendingWrite: undefined,
  pendingRead: undefined,
  register: 'free',
  executed: [],
  told: [],
  sentSeq: 0,
}

/** Time stands still at a moment where pauses are over: what a pause ends in, a tick brings. */
const over = (state: ImmobilizerState): ImmobilizerState => {
  const { work } = state
  return work.work === 'pausing' || work.work === 'sensing' ? { ...state, work: { ...work, until: NOW } } : state
}

type Move = { readonly name: string; readonly run: (model: Model, broken: string[]) => Model }

/** Runs one event through the real machine and takes its effects over; the properties are asked on the way. */
function stepped(model: Model, event: ImmobilizerEvent, broken: string[]): Model {
  const { state, effects } = model.step(over(model.state), event, AT, INSTALLED)
  let next: Model = { ...model, state: over(state) }
  for (const effect of effects) {
    if (effect.effect === 'save') next = { ...next, pendingSave: effect }
    if (effect.effect === 'read') next = { ...next, pendingRead: effect.ticket }
    if (effect.effect !== 'write') continue
    if (effect.target === 'blocked') judgeBlock(next, broken)
    next = { ...next, pendingWrite: effect }
  }
  return next
}

function judgeBlock({ state, disk }: Model, broken: string[]): void {
  const { open } = state.memory
  const own = state.work.work === 'writing' ? state.work.writes - 1 : 0
  if (verdictNow(state, AT, INSTALLED, own).verdict !== 'proceed') broken.push('a block is written without a verdict')
  if (open?.order.action !== 'block') broken.push('a block is written without a block order')
  if (disk.open?.phase !== 'intent' || disk.open.order.orderId !== open?.order.orderId)
    broken.push('a block is written before its intent is stored')
}

const answer = (model: Model, event: ImmobilizerEvent, broken: string[]): Model => stepped(model, event, broken)

const MOVES: readonly Move[] = [
  ...(['block', 'unblock'] as const).map(
    (action): Move => ({
      name: `order ${action}`,
      run: (model, broken) => {
        if (model.sentSeq >= 3) return model
        const seq = model.sentSeq + 1
        return stepped({ ...model, sentSeq: seq }, { event: 'order', order: orderOf(seq, action) }, broken)
      },
    }),
  ),
  {
    name: 'replay',
    run: (model, broken) =>
      model.sentSeq === 0 ? model : stepped(model, { event: 'order', order: orderOf(1, 'block') }, broken),
  },
  {
    name: 'standing',
    run: (model, broken) => stepped(model, { event: 'readings', evidence: seenBy(model, STANDING) }, broken),
  },
  {
    name: 'not standing',
    run: (model, broken) => stepped(model, { event: 'readings', evidence: seenBy(model, MOVING) }, broken),
  },
  {
    name: 'stored',
    run: (model, broken) => {
      const save = model.pendingSave
      if (save === undefined) return model
      const kept = { ...model, disk: save.memory, pendingSave: undefined }
      return answer(kept, { event: 'saved', ticket: save.ticket }, broken)
    },
  },
  {
    name: 'not stored',
    run: (model, broken) => {
      const save = model.pendingSave
      if (save === undefined) return model
      return answer({ ...model, pendingSave: undefined }, { event: 'unsaved', ticket: save.ticket }, broken)
    },
  },
  ...(['written', 'unwritten'] as const).flatMap((word) =>
    ([true, false] as const).map(
      (moves): Move => ({
        name: `${word}, ${moves ? 'moved' : 'unmoved'}`,
        run: (model, broken) => {
          const write = model.pendingWrite
          if (write === undefined) return model
          const acted = moves && model.register !== write.target ? execute(model, write.target, broken) : model
          return answer({ ...acted, pendingWrite: undefined }, { event: word, ticket: write.ticket }, broken)
        },
      }),
    ),
  ),
  {
    name: 'withheld',
    run: (model, broken) => {
      const write = model.pendingWrite
      if (write === undefined) return model
      return answer({ ...model, pendingWrite: undefined }, { event: 'withheld', ticket: write.ticket }, broken)
    },
  },
  ...(['told', 'silent'] as const).map(
    (how): Move => ({
      name: `read, ${how}`,
      run: (model, broken) => {
        const ticket = model.pendingRead
        if (ticket === undefined) return model
        const word = how === 'told' ? model.register : 'unknown'
        return answer({ ...model, pendingRead: undefined }, { event: 'drive', ticket, word }, broken)
      },
    }),
  ),
  {
    name: 'told',
    run: (model, broken) => {
      const [report] = model.state.memory.due ?? []
      if (report === undefined) return model
      return stepped({ ...model, told: [...model.told, report.orderId] }, { event: 'told', report }, broken)
    },
  },
  { name: 'tick', run: (model, broken) => stepped(model, { event: 'tick' }, broken) },
  { name: 'code', run: (model, broken) => stepped(model, { event: 'local-release' }, broken) },
  {
    name: 'power cut',
    run: (model, broken) =>
      stepped(
        {
          ...model,
          state: startState(model.disk, NOW),
          pendingSave: undefined,
          pendingWrite: undefined,
          pendingRead: undefined,
        },
        { event: 'started' },
        broken,
      ),
  },
]

/** What the drive says in a look is what the register says. */
const seenBy = ({ register }: Model, evidence: typeof NO_EVIDENCE): typeof NO_EVIDENCE => ({
  ...evidence,
  drive: { word: register, at: NOW },
})

function execute(model: Model, target: 'free' | 'blocked', broken: string[]): Model {
  const moved = { ...model, register: target }
  const order = model.state.memory.open?.order.orderId
  if (target === 'free' || order === undefined) return moved
  if (model.executed.includes(order)) broken.push(`order ${order} was executed twice`)
  return { ...moved, executed: [...model.executed, order] }
}

/** An order that the disk knows is open there, or its last word is: kept there, or told. */
function judgeLastWords({ disk, told }: Model, broken: string[]): void {
  const kept = [disk.open?.order.orderId, ...(disk.due ?? []).map(({ orderId }) => orderId), ...told]
  for (const id of disk.knownOrders) if (!kept.includes(id)) broken.push('a last word is in no memory')
}

/** From every state a code leads to a freed relay, whatever is open: a write of `free` is on its way at once. */
function judgeCode(model: Model, broken: string[]): void {
  const freed = stepped(model, { event: 'local-release' }, broken)
  if (freed.pendingWrite?.target !== 'free') broken.push(`a code frees nothing in ${model.state.work.work}`)
  if (freed.state.memory.open !== undefined) broken.push(`a code leaves an order open in ${model.state.work.work}`)
}
/** A newer unblock is under way at once, too. */
function judgeUnblock(model: Model, broken: string[]): void {
  const freed = stepped(model, { event: 'order', order: orderOf(9, 'unblock') }, broken)
  if (freed.pendingWrite?.target !== 'free') broken.push(`an unblock waits in ${model.state.work.work}`)
}

/** Tickets only rise and say nothing of themselves: what matters is which answer is awaited. */
function keyOf({
  state,
  disk,
  pendingSave,
  pendingWrite,
  pendingRead,
  register,
  executed,
  told,
  sentSeq,
}: Model): string {
  const current = (ticket: number | undefined): string => (ticket === undefined ? '-' : String(ticket === state.ticket))
  const { work, memory, evidence, release, watch, contradicted, settledAt } = state
  return JSON.stringify([
    { ...work, told: undefined },
    shortOf(memory),
    shortOf(disk),
    evidence === NO_EVIDENCE ? 0 : [evidence.fix?.runSince, evidence.ignition?.calmSince, evidence.drive?.word],
    [release, watch !== undefined, contradicted, settledAt],
    [pendingSave && shortOf(pendingSave.memory), current(pendingSave?.ticket)],
    [pendingWrite?.target, current(pendingWrite?.ticket), current(pendingRead)],
    [register, executed, told, sentSeq],
  ])
}
const shortOf = ({ open, reported, highestSeq, due, faultUnder }: ImmobilizerMemory): string =>
  [
    open?.order.seq,
    open?.order.action,
    open?.phase,
    reported,
    highestSeq,
    due?.map((one) => `${one.orderSeq}${one.state}`).join('+'),
    faultUnder,
  ].join()

/** Breadth first over every sequence of at most `depth` events. `limit` bounds the states held. */
export function checkModel(depth: number, step: StepMachine = stepImmobilizer, limit = 400_000): ModelResult {
  const first = stepped({ ...START, step }, { event: 'started' }, [])
  const seen = new Set([keyOf(first)])
  const broken = new Set<string>()
  let edge: readonly Model[] = [first]
  let transitions = 0
  let level = 0
  for (; level < depth && edge.length > 0; level += 1) {
    const next: Model[] = []
    for (const model of edge) {
      const said: string[] = []
      judgeCode(model, said)
      judgeUnblock(model, said)
      judgeLastWords(model, said)
      for (const move of MOVES) {
        const moved = move.run(model, said)
        if (moved === model) continue
        transitions += 1
        const key = keyOf(moved)
        if (seen.has(key)) continue
        if (seen.size >= limit)
          return { states: seen.size, transitions, depth: level, complete: false, broken: [...broken] }
        seen.add(key)
        next.push(moved)
      }
      for (const one of said) broken.add(one)
    }
    edge = next
  }
  return { states: seen.size, transitions, depth: level, complete: true, broken: [...broken] }
}
