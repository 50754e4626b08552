// Long on purpose: a list, one entry for each planted bug.
import type { Invariant } from './plan.ts'

export type Patch = { readonly file: string; readonly find: string; readonly put: string }

/** A bug planted on purpose, the number of the list in the reliability notes, and the invariant that must find it. */
export type Mutant = {
  readonly id: number
  readonly name: string
  readonly caughtBy: Invariant
  readonly patches: readonly Patch[]
}

const INTERLOCK = 'edge/interlock/interlock.ts'
const FIX_TRACK = 'edge/interlock/fix-track.ts'
const EVIDENCE = 'edge/interlock/evidence.ts'
const MACHINE = 'edge/immobilizer/immobilizer.ts'
const MINUTE = 'edge/interlock/motion-minute.ts'
const STEP = 'edge/immobilizer/immobilizer-step.ts'
const PROOF = 'edge/immobilizer/relay-proof.ts'
const STATE = 'edge/immobilizer/immobilizer-state.ts'
const ACCEPTANCE = 'edge/orders/order-acceptance.ts'
const EXPIRY = 'edge/orders/order-expiry.ts'
const ORDER_STATE = 'cloud/orders/order-state.ts'
const LAST_KNOWN = 'cloud/history/last-known.ts'
const GOOD_FIX = 'cloud/zones/good-fix.ts'
const ACCESS = 'cloud/broker/topic-access.ts'
const HOLD = 'cloud/holds/hold.ts'
const [GATEWAY, POLLS, WRITES, CLOUD, OUTBOX, LINK, ISOLATION, CONFIGURATION, IDENTITY] = [
  'test/sim/gateway.ts',
  'test/sim/polls.ts',
  'test/sim/relay-writes.ts',
  'test/sim/cloud.ts',
  'test/sim/outbox.ts',
  'test/sim/link.ts',
  'test/sim/isolation.ts',
  'test/sim/configuration.ts',
  'test/sim/identity.ts',
] as const

const mutant = (id: number, caughtBy: Invariant, name: string, ...patches: readonly Patch[]): Mutant => ({
  id,
  name,
  caughtBy,
  patches,
})
const patch = (file: string, find: string, put: string): Patch => ({ file, find, put })

const SECOND_VERDICT = "return verdictNow(state, at, installed).verdict === 'proceed'\n    ? write"
const PORT_VERDICT = "return target === 'free' || verdictNow("
const NO_PORT_VERDICT = patch(WRITES, PORT_VERDICT, "return target !== 'free' || target === 'free' || verdictNow(")

/** Planted at load time, in a copy; numbered as in the reliability notes. */
export const MUTANTS: readonly Mutant[] = [
  mutant(
    1,
    'I1',
    'interlock skipped',
    patch(INTERLOCK, "if (question.action === 'unblock') return PROCEED", 'if (question.now > -1) return PROCEED'),
  ),
  mutant(
    2,
    'I1',
    'stale speed accepted',
    patch(INTERLOCK, 'fixAge(fix, now) <= policy.fixMaxAge', 'fixAge(fix, now) <= 60_000'),
    patch(INTERLOCK, 'const age = fixAge(fix, now)', 'const age = 0 * fixAge(fix, now)'),
  ),
  mutant(
    3,
    'I1',
    'missing reading counts as standing',
    patch(INTERLOCK, "return wait('no-motion-evidence')", 'return undefined'),
  ),
  mutant(
    4,
    'I1',
    'age measured on the wall clock',
    patch(
      GATEWAY,
      'const steady = (): number => 1000 +',
      'const steady = (): number => (clockFault()?.by ?? 0) + 1000 +',
    ),
  ),
  mutant(
    5,
    'I1',
    'bound without a_max·(age + t_act)',
    patch(
      INTERLOCK,
      'return age > policy.loneFixMaxAge || atContact > safeKmh',
      'return fix.newest.speedKmh > safeKmh && atContact > safeKmh',
    ),
  ),
  mutant(
    6,
    'I1',
    'no second verdict after the intent is stored',
    patch(MACHINE, SECOND_VERDICT, "return verdictNow(state, at, installed).verdict !== 'none'\n    ? write"),
    NO_PORT_VERDICT,
  ),
  mutant(
    7,
    'I1',
    'one source suffices',
    patch(INTERLOCK, 'refusal(question) ?? ignitionOff(question) ??', 'refusal(question) ??'),
  ),
  mutant(
    8,
    'I1',
    'last good reading keeps quality good',
    patch(
      POLLS,
      'const answered = (sample: Sample): Sample => {',
      'let lastGood: Sample | undefined\n  const answered = (now: Sample): Sample => {\n    const sample = now.every(([, , value]) => value !== undefined) ? now : (lastGood ?? now)\n    lastGood = sample',
    ),
  ),
  mutant(
    9,
    'I1',
    'T_hold survives a reboot as elapsed',
    patch(STATE, "toggles: memory.reported === 'unknown' ? [] : [now],", 'toggles: [],'),
    patch(
      STATE,
      'evidence: NO_EVIDENCE,',
      'evidence: { ...NO_EVIDENCE, ignition: { on: false, at: now, calmSince: millis(now - 600_000) }, motion: { on: false, at: now, calmSince: millis(now - 600_000) } },',
    ),
  ),
  mutant(10, 'I1', 'ignition derived from supply voltage', patch(EVIDENCE, "capability !== 'supply.voltage' && ", '')),
  mutant(
    11,
    'I1',
    'block re-asserted at boot, no verdict',
    patch(
      MACHINE,
      "  if (word === 'blocked') return andThen(also(idle, told)",
      "  if (word === 'free') return write(also(idle, told).state, 'blocked', 1, at)\n  if (word === 'blocked') return andThen(also(idle, told)",
    ),
    NO_PORT_VERDICT,
  ),
  mutant(
    12,
    'I1',
    'late Modbus reply taken for the next request',
    patch(
      POLLS,
      'const late = (): Sample | undefined => undefined',
      'const late = (): Sample | undefined => overdue[0]',
    ),
  ),
  mutant(
    13,
    'I2',
    'coil before the intent is stored',
    patch(
      MACHINE,
      "? save({ ...remember(state, { open: { ...open, phase: 'intent' } }), work: { work: 'storing' } })",
      "? write(state, 'blocked', 1, at)",
    ),
  ),
  mutant(
    14,
    'I2',
    'block repeated after a crash in intent',
    patch(MACHINE, "if (open.phase === 'waiting')", "if (open.phase !== 'none')"),
  ),
  mutant(
    15,
    'I2',
    '`notAfter` ignored',
    patch(
      EXPIRY,
      "if (order.action === 'unblock') return 'running'",
      "if (order.notAfter !== order.iat) return 'running'",
    ),
  ),
  mutant(
    16,
    'I2',
    '`notAfter` checked on arrival only',
    patch(
      STEP,
      'expiry: orderExpiry(open.order,',
      "expiry: state.work.work !== 'waiting' || state.work.told !== undefined ? 'running' : orderExpiry(open.order,",
    ),
  ),
  mutant(
    17,
    'I2',
    'executed `seq` kept in RAM',
    patch(
      GATEWAY,
      '    state = startState(inbox.load(),',
      '    state = startState({ ...inbox.load(), highestSeq: 0, knownOrders: [] },',
    ),
  ),
  mutant(
    18,
    'I2',
    '`seq` accepted when equal to the last, known ids forgotten',
    patch(ACCEPTANCE, 'order.seq <= memory.highestSeq', 'order.seq < memory.highestSeq'),
    patch(ACCEPTANCE, "if (isKnown(order.orderId)) return { acceptance: 'repeated' }", ''),
  ),
  mutant(
    19,
    'I2',
    '`aud` not compared',
    patch(ACCEPTANCE, 'order.aud !== own.gatewayId', "order.aud === 'gw-nobody00'"),
    patch(ACCEPTANCE, 'order.vehicleId !== own.vehicleId', "order.vehicleId === ''"),
  ),
  mutant(
    20,
    'I3',
    'receipt before journal commit',
    patch(
      CLOUD,
      'const stall = world.fault(',
      'const last = batch.records.at(-1)?.seq ?? 0\n    sendReceipt(gatewayIdOf(vehicle), batch.stream, last)\n    const stall = world.fault(',
    ),
  ),
  mutant(
    21,
    'I3',
    'PUBACK on enqueue, and the outbox believes it',
    patch(CLOUD, 'const stall = world.fault(', 'acknowledged()\n    const stall = world.fault('),
    patch(
      LINK,
      'const acknowledged = (_batch: OutboxBatch): void => {}',
      'const acknowledged = (batch: OutboxBatch): void => gateway.takeReceipt(batch.stream, batch.records.at(-1)?.seq ?? 0)',
    ),
  ),
  mutant(22, 'I3', 'no dedupe', patch(CLOUD, 'if (!isIn(fresh, seq)) {', 'if (!isIn(fresh, seq) && seq < 0) {')),
  mutant(
    23,
    'I3',
    'dedupe by `readAt` instead of (stream, seq)',
    patch(
      CLOUD,
      'if (!isIn(fresh, seq)) {',
      "const when = record.kind === 'frame' ? record.readAt : record.at\n      if (!isIn(fresh, seq) || journal.some((one) => one.position > journal.length - 50 && one.gateway === gatewayIdOf(vehicle) && (one.record.kind === 'frame' ? one.record.readAt : one.record.at) === when)) {",
    ),
  ),
  mutant(
    24,
    'I3',
    'outbox forgets when the message is handed over',
    patch(
      LINK,
      'window.sent(stream, last.seq, millis(gateway.steady()))',
      'window.sent(stream, last.seq, millis(gateway.steady()))\n          gateway.takeReceipt(stream, last.seq)',
    ),
  ),
  mutant(
    25,
    'I3',
    '`through` = highest seen, not highest contiguous',
    patch(
      CLOUD,
      'const throughOf = (stream: StreamId): number => (streams.get(stream) ?? STREAM_START).through',
      'const throughOf = (stream: StreamId): number => streams.get(stream)?.beyond.at(-1)?.to ?? streams.get(stream)?.through ?? 0',
    ),
  ),
  mutant(
    27,
    'I3',
    'restored outbox continues the old stream',
    patch(OUTBOX, '    if (!isOurs) {', '    if (!isOurs && isOurs) {'),
  ),
  mutant(28, 'I3', 'disk full drops silently, no gap record', patch(OUTBOX, 'deps.announce?.({', 'void ({')),
  mutant(
    29,
    'I3',
    'half-committed batch receipted whole',
    patch(
      CLOUD,
      'if (!isIn(fresh, seq)) {',
      "if (records.length > 3 && seq > first + 2 && world.fault('fsync-stall', -1) !== undefined) continue\n      if (!isIn(fresh, seq)) {",
    ),
  ),
  mutant(
    30,
    'I3',
    'journal cursor moves before the store commits',
    patch(
      CLOUD,
      "if (dies('report-applied-before-commit')) return",
      "commit({ ...tables(), applied: last.position })\n    if (dies('report-applied-before-commit')) return",
    ),
  ),
  mutant(
    31,
    'D2',
    'backfilled frame moves last-known or a crossing',
    patch(LAST_KNOWN, 'frame.backfill !== true && ', ''),
    patch(GOOD_FIX, 'frame.backfill === true || receivedAt - readAt > LATE_AFTER || ', ''),
  ),
  mutant(
    32,
    'I4',
    'one delivery attempt only',
    patch(
      CLOUD,
      'if (order.publishedAt === null || !reached.has(order.vehicle)) return true',
      'if (order.publishedAt !== null) return false\n    if (!reached.has(order.vehicle)) return true',
    ),
    patch(CLOUD, 'if (message !== undefined) linkOf(vehicle).down({ order: message })', ''),
  ),
  mutant(
    33,
    'I4',
    'delivered shown as verified',
    patch(ORDER_STATE, "{ ...current, state: 'sent', at }", "{ ...current, state: 'verified', at }"),
  ),
  mutant(
    34,
    'I4',
    'read-back skipped, coil echo trusted',
    patch(
      WRITES,
      "const answerWrite = (event: 'written' | 'unwritten', ticket: number): void => dispatch({ event, ticket })",
      "const answerWrite = (event: 'written' | 'unwritten', ticket: number): void => {\n    const { work } = state()\n    const target = work.work === 'writing' ? work.target : 'free'\n    dispatch({ event, ticket })\n    if (event === 'written') dispatch({ event: 'drive', ticket: state().ticket, word: target })\n  }",
    ),
  ),
  mutant(
    35,
    'I5',
    'the result is stored without its report, which the power then takes',
    patch(
      PROOF,
      "const last = reportOf(state, open.order, { state: 'verified' }, at, installed)\n  return also(save(owing(kept, last)), { effect: 'report', report: last })",
      'return save(kept)',
    ),
  ),
  mutant(
    36,
    'I4',
    'lifted hold leaves the block order alive',
    patch(HOLD, "if (ours.action === 'block') return unblock", "if (ours.action === 'block') return NONE"),
  ),
  mutant(
    37,
    'I4',
    'acknowledged before the decision journal has it',
    patch(CLOUD, 'decisions.push([...made])\n', ''),
    patch(CLOUD, "crash(happens === 'power-cut' ? 2 : 0)", 'crash(2)'),
  ),
  mutant(
    38,
    'I4',
    'order `seq` falls back after PGlite loses commits',
    patch(
      CLOUD,
      'const known = signed.get(order.id)',
      'const known = order.publishedAt === null ? undefined : signed.get(order.id)',
    ),
    patch(
      CLOUD,
      'const nextSeq = (vehicle: number): number => (highest[vehicle] ?? 0) + 1',
      'const nextSeq = (vehicle: number): number => (tables().orders[vehicle]?.filter((one) => one.publishedAt !== null).length ?? 0) + 1',
    ),
  ),
  mutant(
    39,
    'I7',
    'unblock by code passes the interlock',
    patch(
      MACHINE,
      'return localRelease(state, event.cause ??',
      'if (state.evidence.ignition?.on !== false || state.evidence.fix?.slowSince === undefined || at.steady - state.evidence.fix.newest.at > 5000) return stay(state)\n      return localRelease(state, event.cause ??',
    ),
  ),
  mutant(
    40,
    'I7',
    'unblock queued behind an open order',
    patch(
      MACHINE,
      'return localRelease(state, event.cause ??',
      'return state.memory.open !== undefined ? stay(state) : localRelease(state, event.cause ??',
    ),
  ),
  mutant(
    41,
    'I7',
    'unlock code needs a valid clock',
    patch(GATEWAY, "if (!up) return 'dead'", "if (!up) return 'dead'\n    if (!clockTrusted()) return 'accepted'"),
  ),
  mutant(
    42,
    'I5',
    'refused or ended order leaves no entry',
    patch(MACHINE, "also(save(owing(state, last)), { effect: 'report', report: last })", 'save(state)'),
  ),
  mutant(
    43,
    'I6',
    'ACL by prefix (gw-abcdefgh matches gw-abcdefgh1)',
    patch(
      ACCESS,
      "return identity.kind === 'gateway' && identity.gateway === parsed.gateway ? parsed : undefined",
      "return identity.kind === 'gateway' && parsed.gateway.startsWith(identity.gateway) ? parsed : undefined",
    ),
  ),
  mutant(
    44,
    'I6',
    'will bypasses the check',
    patch(
      ISOLATION,
      "_operation: 'publish' | 'will', topic: string): boolean =>\n  publishable",
      "operation: 'publish' | 'will', topic: string): boolean =>\n  operation === 'will' || publishable",
    ),
  ),
  mutant(
    45,
    'D1',
    'an older order replaces a newer one',
    patch(ACCEPTANCE, "if (order.seq <= memory.highestSeq) return { acceptance: 'superseded' }", ''),
    patch(ACCEPTANCE, "if (isKnown(order.orderId)) return { acceptance: 'repeated' }", ''),
  ),
  mutant(
    46,
    'I1',
    'a polled fix is taken for as old as it looks',
    patch(FIX_TRACK, "if (delivery === 'sent') return 0", 'if (delivery.length > 0) return 0'),
    patch(POLLS, '? 200 : 1000', '? 1000 : 1000'),
  ),
  mutant(
    47,
    'I5',
    'a checkpoint covers a leaf that is in no file of its own',
    patch(CLOUD, '    journaled(auditDisk, tables().audit)\n', ''),
  ),
  mutant(
    48,
    'I4',
    'that a configuration is in force is told from memory only',
    patch(
      CONFIGURATION,
      "    save({ ...next, untold: [...next.untold, applied] })\n    if (dies('config-applied-before-ack')) return\n",
      "    save(next)\n    if (dies('config-applied-before-ack')) return\n    keepEvent(applied, () => {})\n",
    ),
  ),
  mutant(
    49,
    'I4',
    'a certificate counts no more once it has asked for the next',
    patch(IDENTITY, 'index < asking ?', 'index <= asking ?'),
  ),
  mutant(
    50,
    'I4',
    'a look of an earlier second begins a second of its own',
    patch(MINUTE, 'if (secondOf(look) > secondOf(newest)) return', 'if (secondOf(look) !== secondOf(newest)) return'),
  ),
]

/** The first seed that finds a rare one, looked at before the others of the same range: a minute less. A stale one costs time only. */
export const FOUND_BY_SEED: ReadonlyMap<number, number> = new Map([
  [4, 12],
  [6, 11],
  [8, 3],
  [9, 2],
  [11, 2],
  [12, 5],
  [14, 4],
  [28, 8],
  [32, 2],
  [34, 7],
  [43, 3],
  [45, 21],
  [46, 7],
  [47, 3],
])
