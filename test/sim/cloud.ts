// Long on purpose: one process over one SQL. What a kill takes away and what its logs bring back must be seen in one place.
import type { Configuration } from '#contract/configuration.ts'
import { OrderId, OrderSeq, type StreamId } from '#contract/ids.ts'
import { type EpochMs, later, millis } from '#contract/instant.ts'
import type { HoldReason, OrderReport } from '#contract/order.ts'
import { isCurrent, newestOf } from '../../cloud/history/last-known.ts'
import { wantedOrder } from '../../cloud/holds/hold.ts'
import { immobilizerState } from '../../cloud/holds/immobilizer-state.ts'
import { declaredGap } from '../../cloud/ingest/gap-event.ts'
import type { JournalEntry } from '../../cloud/ingest/journal-entry.ts'
import { createReceiptBook } from '../../cloud/ingest/receipt-book.ts'
import { cover, isIn, STREAM_START, type StreamPosition } from '../../cloud/ingest/stream-position.ts'
import { advance, created, givenUp, isFinal, sent } from '../../cloud/orders/order-state.ts'
import { newestWords } from '../../cloud/orders/relay-word.ts'
import { judgedThrough, judgeSighting, NEVER_SEEN } from '../../cloud/zones/crossing.ts'
import { goodFixOf } from '../../cloud/zones/good-fix.ts'
import {
  type AuditDisk,
  type AuditWord,
  advanced,
  checkpointed,
  journaled,
  judgeAudit,
  recovered,
  withWord,
} from './audit.ts'
import {
  claimsOf,
  type Decision,
  emptyTables,
  type Hold,
  newestOrder,
  type StoredOrder,
  standing,
  type Tables,
  withOrder,
} from './cloud-tables.ts'
import { configurationFor } from './configuration.ts'
import type { OrderMessage } from './gateway.ts'
import { gatewayIdOf, vehicleIdOf } from './gateway-ids.ts'
import { counts, withRenewed } from './identity.ts'
import type { Link, UpBatch } from './link.ts'
import type { Point } from './plan.ts'
import { instant, START_OF_TIME, type World } from './world.ts'

export type Cloud = {
  isUp(): boolean
  start(): void
  /** The process dies; `lostCommits` of SQL are gone when it was the power. */
  crash(lostCommits: number): void
  connected(vehicle: number): void
  disconnected(vehicle: number): void
  accept(vehicle: number, batch: UpBatch, acknowledged: () => void): void
  /** True when acknowledged. */
  place(vehicle: number, id: string, reason: HoldReason): boolean
  lift(id: string): boolean
  /** A newer configuration is signed for this gateway, and sent at every connect. */
  configure(vehicle: number): void
  /** A next certificate on the word of this one; undefined where it does not count, or nothing can be kept. */
  renew(vehicle: number, askedBy: string): string | undefined
  /** Whether this certificate of the gateway counts. */
  admits(vehicle: number, serial: string): boolean
  judgeAudit(): void
  /** Every order ever signed for this gateway: what an attacker may have overheard. */
  overheard(vehicle: number): readonly OrderMessage[]
  tables(): Tables
  journalLength(): number
  wantsBlock(vehicle: number): boolean
}

const PACE = { blockRetry: millis(10 * 60_000), unblockRetry: millis(60_000) }
const BLOCK_LIFETIME = millis(15 * 60_000)
const [SETTLE_MS, REPEAT_MS] = [20_000, 60_000]
const ABLE = { canBlock: true, whyNot: null } as const

type Links = (vehicle: number) => Link

/** The cloud as a simulated shell around the real rules: one process, SQL that may lose its last commits, three durable logs. */
export function createCloud(world: World, vehicles: number, linkOf: Links): Cloud {
  const draw = world.draw('cloud')
  const { oracle } = world
  // On disk and synced: the decision journal, the record journal, the signer's file.
  const decisions: Decision[][] = []
  const journal: JournalEntry[] = []
  const auditDisk: AuditDisk = { journal: [], checkpoints: [] }
  /** Per vehicle, the version of the newest configuration. */
  const configured: number[] = []
  const streams = new Map<string, StreamPosition>()
  const signed = new Map<string, OrderMessage>()
  const highest: number[] = []
  /** Per vehicle, the last streams heard of. */
  const heard: StreamId[][] = []
  const everSigned: OrderMessage[][] = Array.from({ length: vehicles }, () => [])
  // SQL without fsync: the last few commits can be lost.
  let commits: Tables[] = [emptyTables(vehicles)]
  // In memory.
  let up = false
  let life = 0
  let book = newBook()
  let retained: (OrderMessage | undefined)[] = []
  let reached = new Set<number>()
  let online: (boolean | null)[] = []
  let settling = false
  let projecting = false

  function newBook() {
    return createReceiptBook({ batches: 5, age: millis(5 * 60_000) })
  }
  const now = (): EpochMs => instant(START_OF_TIME + world.now())
  const tables = (): Tables => {
    const last = commits.at(-1)
    if (last === undefined) throw new Error('SQL has always a first commit')
    return last
  }
  const sqlIsUp = (): boolean => world.fault('sql-down', -1) === undefined
  const commit = (next: Tables): void => {
    commits = [...commits.slice(-8), next]
  }
  const laterHere = (ms: number, run: () => void): void => {
    const mine = life
    world.after(ms, () => {
      if (up && life === mine) run()
    })
  }
  const dies = (point: Point): boolean => {
    const happens = world.passes(point, -1)
    if (happens !== 'crash' && happens !== 'power-cut') return false
    crash(happens === 'power-cut' ? 2 : 0)
    const mine = life
    world.after(draw.between(2000, 60_000), () => {
      if (life === mine) start()
    })
    return true
  }

  // — decisions —
  const applied = (before: Tables, decision: Decision): Tables => {
    switch (decision.kind) {
      case 'placed':
        return before.holds.some(({ id }) => id === decision.hold.id)
          ? before
          : { ...before, holds: [...before.holds, decision.hold] }
      case 'lifted':
        return {
          ...before,
          holds: before.holds.map((hold) => (hold.id === decision.id ? { ...hold, lifted: true } : hold)),
        }
      case 'renewed':
        return {
          ...before,
          certificates: before.certificates.map((known, vehicle) =>
            vehicle === decision.vehicle ? withRenewed(known, decision.serial, decision.askedBy) : known,
          ),
        }
      case 'order': {
        const { order } = decision
        if (before.orders[order.vehicle]?.some(({ id }) => id === order.id)) return before
        const orders = before.orders.map((list, vehicle) =>
          vehicle === order.vehicle ? [...list.map((one) => superseded(one, order.issuedAt)), order] : list,
        )
        return { ...before, orders }
      }
    }
  }
  const superseded = (order: StoredOrder, at: EpochMs): StoredOrder =>
    order.closedAt !== null ? order : { ...order, state: givenUp(order.state, 'superseded', at), closedAt: at }

  /** As the decision service does: SQL first, then the journal, then the answer. */
  const decide = (made: readonly Decision[]): boolean => {
    if (!up || !sqlIsUp()) return false
    if (made.length === 0) return true
    const position = Math.max(decisions.length, tables().decided) + 1
    const state = made.reduce(applied, tables())
    commit({ ...state, decided: position, audit: withWord(state.audit, wordOf(position)) })
    if (dies('hold-written-before-order')) return false
    while (decisions.length < position - 1) decisions.push([])
    decisions.push([...made])
    return true
  }
  const wordOf = (position: number): AuditWord => ({ source: `${position}`, salt: world.uuid() })
  const recover = (): void => {
    const { audit } = tables()
    if (audit.leaves.length < auditDisk.journal.length) world.sometimes('leaves were replayed into SQL')
    let state = { ...tables(), audit: recovered(audit, auditDisk) }
    journaled(auditDisk, state.audit)
    const from = state.decided
    for (const [index, made] of decisions.slice(from).entries()) {
      state = made.reduce(applied, state)
      state = { ...state, audit: withWord(state.audit, wordOf(from + index + 1)) }
    }
    if (decisions.length > from) world.sometimes('decisions were replayed into SQL')
    commit({ ...state, decided: Math.max(state.decided, decisions.length) })
  }

  /** As the audit loop does: into the tree, into the leaves' own journal, and only then under a checkpoint. */
  const keepRecord = (): void => {
    if (!sqlIsUp()) return
    if (tables().audit.waiting.length > 0) commit({ ...tables(), audit: advanced(tables().audit) })
    const early = draw.chance(0.5)
    if (early && dies('audit-leaf-before-checkpoint')) return
    journaled(auditDisk, tables().audit)
    if (!early && dies('audit-leaf-before-checkpoint')) return
    checkpointed(auditDisk, tables().audit)
  }

  // — holds and orders —
  const orderFor = (vehicle: number, holds: readonly Hold[]): readonly Decision[] => {
    const state = tables()
    const newest = newestOrder(state, vehicle)
    const relay = state.relays[vehicle]
    const wanted = wantedOrder(
      {
        reasons: holds.map(({ reason }) => reason),
        grace: 'none',
        gateway: { id: gatewayIdOf(vehicle), online: online[vehicle] ?? null },
        ability: ABLE,
        newest:
          newest === undefined
            ? undefined
            : {
                ...newest.state,
                action: newest.action,
                gatewayId: newest.gatewayId,
                heard: newest.heard,
                closedAt: newest.closedAt,
              },
        relay: relay === undefined ? undefined : { word: relay.relay, at: relay.at },
      },
      PACE,
      now(),
    )
    if (wanted.order === 'none' || wanted.order === 'later') return []
    const at = now()
    return [
      {
        kind: 'order',
        order: {
          id: OrderId.parse(world.uuid()),
          vehicle,
          vehicleId: vehicleIdOf(vehicle),
          gatewayId: gatewayIdOf(vehicle),
          action: wanted.order,
          reasons: wanted.reasons,
          issuedAt: at,
          notAfter: wanted.order === 'block' ? later(at, BLOCK_LIFETIME) : null,
          state: created(at),
          heard: false,
          closedAt: null,
          publishedAt: null,
        },
      },
    ]
  }
  const soon = (): void => {
    if (settling || !up) return
    settling = true
    laterHere(draw.between(5, 50), () => {
      settling = false
      settle()
    })
  }
  const settle = (): void => {
    if (!sqlIsUp()) return
    for (let vehicle = 0; vehicle < vehicles && up; vehicle += 1) {
      const newest = newestOrder(tables(), vehicle)
      if (newest !== undefined && newest.closedAt === null && newest.notAfter !== null && now() > newest.notAfter)
        commit(withOrder(tables(), { ...newest, state: givenUp(newest.state, 'expired', now()), closedAt: now() }))
      decide(orderFor(vehicle, standing(tables(), vehicle)))
      if (up) deliver(vehicle)
    }
  }
  const tick = (): void =>
    laterHere(SETTLE_MS, () => {
      settle()
      for (const due of book.overdue(millis(world.now()))) sendReceipt(due.gateway, due.stream, due.through)
      project()
      if (up) keepRecord()
      if (up) tick()
    })

  const sign = (order: StoredOrder): OrderMessage => {
    const known = signed.get(order.id)
    if (known !== undefined) return known
    const seq = nextSeq(order.vehicle)
    oracle.check(
      'I4',
      order.vehicle,
      seq > (everSigned[order.vehicle]?.at(-1)?.order.seq ?? 0),
      () => `order number ${seq} was used before`,
    )
    const message = { order: claimsOf(order, OrderSeq.parse(seq)), genuine: true }
    signed.set(order.id, message)
    highest[order.vehicle] = seq
    everSigned[order.vehicle]?.push(message)
    return message
  }
  const nextSeq = (vehicle: number): number => (highest[vehicle] ?? 0) + 1

  const deliver = (vehicle: number): void => {
    const order = newestOrder(tables(), vehicle)
    if (order === undefined || order.closedAt !== null || !isDue(order)) return
    const message = sign(order)
    if (dies('order-signed-before-publish')) return
    reached.add(vehicle)
    retained[vehicle] = message
    linkOf(vehicle).down({ order: message })
    commit(withOrder(tables(), withState({ ...order, publishedAt: world.now() }, sent(order.state, now()))))
  }
  const isDue = (order: StoredOrder): boolean => {
    if (order.publishedAt === null || !reached.has(order.vehicle)) return true
    const answered = order.action === 'block' && order.heard
    return !answered && world.now() - order.publishedAt >= REPEAT_MS
  }
  /** The one place where an order's state is stored: nothing is shown that the car has not said. */
  const withState = (order: StoredOrder, state: StoredOrder['state']): StoredOrder => {
    if (state.state === 'verified')
      oracle.check('I4', order.vehicle, oracle.ledger.verifiedSaid.has(order.id), () => 'shown as verified, never said')
    return { ...order, state, closedAt: isFinal(state.state) ? (order.closedAt ?? now()) : null }
  }

  // — ingest —
  const accept = (vehicle: number, batch: UpBatch, acknowledged: () => void): void => {
    if (!up) return
    const stall = world.fault('fsync-stall', -1)?.stall ?? 0
    laterHere(draw.between(1, 8) + stall, () => {
      if (dies('journal-after-insert-before-commit')) return
      const { through, duplicates, report } = store(vehicle, batch)
      if (dies('journal-after-commit-before-PUBACK')) return
      acknowledged()
      if (dies('PUBACK-before-receipt')) return
      const due = book.note({
        gateway: gatewayIdOf(vehicle),
        stream: batch.stream,
        through,
        now: millis(world.now()),
        urgent: report || duplicates > 0,
      })
      if (due !== undefined) sendReceipt(due.gateway, due.stream, due.through)
      laterHere(draw.between(5, 40), project)
    })
  }

  const store = (vehicle: number, batch: UpBatch) => {
    const { stream, records } = batch
    const [first, last] = [records[0]?.seq ?? 1, records.at(-1)?.seq ?? 1]
    const { position, fresh } = cover(streams.get(stream) ?? STREAM_START, { from: first, to: last })
    streams.set(stream, position)
    let duplicates = 0
    let report = false
    for (const { seq, record, boot, steadyAt } of records) {
      report ||= record.kind === 'report'
      if (!isIn(fresh, seq)) {
        duplicates += 1
        continue
      }
      oracle.stored(vehicle, `${stream}/${seq}`, record)
      const old = boot !== batch.boot || steadyAt < batch.connectedSince
      const marked = record.kind === 'frame' && old ? { ...record, backfill: true } : record
      const entry = {
        position: journal.length + 1,
        gateway: gatewayIdOf(vehicle),
        stream,
        seq,
        receivedAt: now(),
        record: marked,
      }
      journal.push(entry)
      world.trace(4, seq)
      const gap = declaredGap(record, stream)
      if (gap === undefined) continue
      world.sometimes('a thinned range was declared')
      for (let lost = gap.range.from; lost <= gap.range.to; lost += 1) oracle.declared(`${gap.stream}/${lost}`)
      streams.set(gap.stream, cover(streams.get(gap.stream) ?? STREAM_START, gap.range).position)
    }
    if (duplicates > 0) world.sometimes('a receipt was lost and its batch repeated')
    heard[vehicle] = [stream, ...(heard[vehicle] ?? []).filter((one) => one !== stream)].slice(0, 2)
    return { through: throughOf(stream), duplicates, report }
  }
  const throughOf = (stream: StreamId): number => (streams.get(stream) ?? STREAM_START).through
  const sendReceipt = (gateway: string, stream: StreamId, through: number): void => {
    for (let vehicle = 0; vehicle < vehicles; vehicle += 1)
      if (gatewayIdOf(vehicle) === gateway) linkOf(vehicle).down({ stream, through })
  }

  // — projections —
  const project = (): void => {
    if (projecting || !up || !sqlIsUp()) return
    const entries = journal.slice(tables().applied, tables().applied + 1000)
    const last = entries.at(-1)
    if (last === undefined) return
    projecting = true
    const next = projected(tables(), entries)
    if (dies('report-applied-before-commit')) return
    commit({ ...next, applied: last.position, history: next.history + entries.length })
    projecting = false
    if (dies('journal-reader-after-write-before-cursor')) return
    soon()
    project()
  }

  const vehicleOf = (gateway: string): number => {
    for (let vehicle = 0; vehicle < vehicles; vehicle += 1) if (gatewayIdOf(vehicle) === gateway) return vehicle
    throw new Error(`no vehicle has ${gateway}`)
  }
  const projected = (before: Tables, entries: readonly JournalEntry[]): Tables => {
    let next = before
    for (const { gateway, record } of entries)
      if (record.kind === 'report') next = reported(next, vehicleOf(gateway), record)
    const relays = [...next.relays]
    for (const word of newestWords(entries, (gateway) => vehicleIdOf(vehicleOf(gateway)))) {
      const vehicle = vehicleOf(word.gatewayId)
      const known = relays[vehicle]
      if (known === undefined || word.at >= known.at) relays[vehicle] = word
    }
    next = { ...next, relays }
    return known(next, entries)
  }
  const reported = (before: Tables, vehicle: number, report: OrderReport): Tables => {
    const order = before.orders[vehicle]?.find(({ id }) => id === report.orderId)
    if (order === undefined) return before
    return withOrder(before, withState({ ...order, heard: true }, advance(order.state, report)))
  }

  /** Last-known place and zone, from what may move "now". */
  const known = (before: Tables, entries: readonly JournalEntry[]): Tables => {
    const lastKnown = [...before.lastKnown]
    const zones = [...before.zones]
    for (const { gateway, stream, seq, receivedAt, record } of entries) {
      if (record.kind !== 'frame') continue
      const vehicle = vehicleOf(gateway)
      const vehicleId = vehicleIdOf(vehicle)
      const was = lastKnown[vehicle]
      if (isCurrent(record, receivedAt)) {
        const [candidate] = newestOf([{ vehicleId, gateway, stream, seq, frame: record }])
        if (candidate !== undefined && (was === undefined || candidate.frame.readAt >= was.frame.readAt)) {
          oracle.check('D2', vehicle, record.backfill !== true, () => 'a backfilled frame moved last-known')
          lastKnown[vehicle] = candidate
        }
      } else world.sometimes('a backfilled frame moved nothing')
      const fix = goodFixOf(record, receivedAt)
      if (fix === undefined) continue
      const zone = zones[vehicle] ?? NEVER_SEEN
      const inside = fix.lat < 55.77
      const judged = judgeSighting(zone, {
        ...fix,
        side: inside ? 'inside' : 'outside',
        clear: Math.abs(fix.lat - 55.77) > 0.001,
      })
      if (judgedThrough(judged.state) > judgedThrough(zone))
        oracle.check('D2', vehicle, record.backfill !== true, () => 'a backfilled frame moved a crossing')
      if (judged.crossing !== null) world.sometimes('a zone was crossed')
      zones[vehicle] = judged.state
    }
    return { ...before, lastKnown, zones }
  }

  const documentOf = (vehicle: number, version: number): Configuration =>
    configurationFor(gatewayIdOf(vehicle), vehicleIdOf(vehicle), version)
  const certificatesOf = (vehicle: number) => tables().certificates[vehicle] ?? []
  const decidedSources = (): readonly string[] =>
    decisions.flatMap((made, index) => (made.length === 0 ? [] : [`${index + 1}`]))

  // — process —
  function start(): void {
    if (up) return
    life += 1
    up = true
    book = newBook()
    retained = []
    reached = new Set()
    online = []
    settling = false
    projecting = false
    recover()
    settle()
    tick()
  }
  function crash(lostCommits: number): void {
    if (!up) return
    up = false
    life += 1
    commits = commits.slice(0, Math.max(1, commits.length - lostCommits))
    if (lostCommits > 0) world.sometimes('SQL lost commits')
    for (let vehicle = 0; vehicle < vehicles; vehicle += 1) linkOf(vehicle).reset()
  }

  return {
    isUp: () => up,
    start,
    crash,
    connected: (vehicle) => {
      online[vehicle] = true
      reached.delete(vehicle)
      book.reconnected(gatewayIdOf(vehicle))
      const message =
        world.fault('broker', vehicle)?.shape === 'retained-stale' ? everSigned[vehicle]?.at(-2) : retained[vehicle]
      if (message !== undefined) linkOf(vehicle).down({ order: message })
      const version = configured[vehicle]
      if (version !== undefined) linkOf(vehicle).down({ configuration: documentOf(vehicle, version) })
      for (const stream of heard[vehicle] ?? []) linkOf(vehicle).down({ stream, through: throughOf(stream) })
      soon()
    },
    disconnected: (vehicle) => {
      online[vehicle] = false
    },
    accept,
    place: (vehicle, id, reason) => {
      if (!up || !sqlIsUp()) return false
      const hold: Hold = { id, vehicle, reason, lifted: false }
      const done = decide([
        { kind: 'placed', hold },
        ...orderFor(vehicle, [...standing(tables(), vehicle).filter((one) => one.id !== id), hold]),
      ])
      soon()
      return done
    },
    lift: (id) => {
      if (!up || !sqlIsUp()) return false
      const hold = tables().holds.find((one) => one.id === id)
      if (hold === undefined) return false
      if (hold.lifted)
        return (
          decisions.some((made) => made.some((one) => one.kind === 'lifted' && one.id === id)) ||
          decide([{ kind: 'lifted', id }])
        )
      const remaining = standing(tables(), hold.vehicle).filter((one) => one.id !== id)
      if (remaining.length > 0) world.sometimes('a hold was lifted while another stood')
      const done = decide([{ kind: 'lifted', id }, ...orderFor(hold.vehicle, remaining)])
      soon()
      return done
    },
    configure: (vehicle) => {
      const version = (configured[vehicle] ?? 1) + 1
      configured[vehicle] = version
      if (up) linkOf(vehicle).down({ configuration: documentOf(vehicle, version) })
    },
    renew: (vehicle, askedBy) => {
      if (!up || !counts(certificatesOf(vehicle), askedBy)) return undefined
      const serial = world.uuid()
      return decide([{ kind: 'renewed', vehicle, serial, askedBy }]) ? serial : undefined
    },
    admits: (vehicle, serial) => {
      const admitted = counts(certificatesOf(vehicle), serial)
      oracle.check('I4', vehicle, admitted, () => `a gateway was turned away with the only certificate it has`)
      return admitted
    },
    judgeAudit: () => judgeAudit(oracle, tables().audit, auditDisk, decidedSources()),
    overheard: (vehicle) => everSigned[vehicle] ?? [],
    tables,
    journalLength: () => journal.length,
    wantsBlock: (vehicle) => standing(tables(), vehicle).length > 0,
  }
}

/** The word on the console, from the car's own. */
export const shownState = (tables: Tables, vehicle: number): ReturnType<typeof immobilizerState> =>
  immobilizerState(tables.relays[vehicle]?.relay ?? 'unknown', newest(tables, vehicle))
const newest = (tables: Tables, vehicle: number) => {
  const order = newestOrder(tables, vehicle)
  return order === undefined ? undefined : { action: order.action, state: order.state.state }
}
