import type { DeviceId } from '#contract/ids.ts'
import { type Clock, type EpochMs, type Millis, millis } from '#contract/instant.ts'
import type { FixedByteOrder, Profile } from '#contract/profile.ts'
import { cellOf, type DeviceMemory, emptyMemory, readingsOfGroup } from '../modbus/device-readings.ts'
import type { Lane } from '../modbus/lane-queue.ts'
import type { ModbusDevice } from '../modbus/modbus-client.ts'
import { type Block, bisect, planGroup, registerReadings } from '../modbus/register-plan.ts'
import type { QualityReason, Reading } from '../profile/reading.ts'
import { mayBeEvidence } from '../profile/reading-value.ts'
import { backoffMs } from './backoff.ts'

export type PollDeps = {
  readonly device: DeviceId
  readonly profile: Profile
  readonly modbus: ModbusDevice
  readonly clock: Clock
  readonly random: () => number
  readonly log: { info(fields: object, event: string): void; error(fields: object, event: string): void }
  /** The software's build date: an earlier fix time is refused. */
  readonly notBefore: EpochMs
  /** Float order found earlier for this device, if any, and the place to keep a newly found one. */
  readonly lockedByteOrder?: FixedByteOrder
  readonly onByteOrderLocked?: (order: FixedByteOrder) => void
  /** While it holds, positions are asked for several times a second: how old a fix is shows no finer than that. */
  readonly isUrgent?: () => boolean
  /** All readings of one group, once per look, with bad and stale ones. */
  readonly onReadings: (readings: readonly Reading[]) => void
}

type Group = {
  readonly name: string
  readonly lane: Lane
  readonly everyMs: number
  readonly mayFail: boolean
  blocks: readonly Block[]
  dueAt: number
  /** A group that may fail, and does, is asked less and less often: its timeouts hold up the line. */
  stretch: number
}

type Answer = {
  readonly image: Map<string, number | QualityReason>
  readonly isSilent: boolean
  /** When the first question that was answered went out; absent where none was. */
  readonly askedAt: Millis | undefined
}

const FAILURES_TO_OFFLINE = 3
const REFUSALS_TO_SPLIT = 2
const MAX_STRETCHED_MS = 60_000
/** Between two looks at a position while a block waits for it. */
const URGENT_MS = 200
/** How often the other groups of an absent device look whether it is back, should they miss the news. */
const ABSENCE_MS = 60_000
const ILLEGAL_ADDRESS: QualityReason = 'exception-2'
const SILENT: ReadonlySet<QualityReason> = new Set(['timeout', 'crc', 'offline', 'decode'])

function laneOf(profile: Profile, group: string): Lane {
  const capabilities = registerReadings(profile)
    .filter(([, reading]) => reading.group === group)
    .map(([, reading]) => reading.capability ?? '')
  if (capabilities.some((one) => one === 'ignition' || one === 'motion' || one.startsWith('relay.'))) return 'io'
  return capabilities.some((one) => one.startsWith('position.')) ? 'gps' : 'slow'
}

const groupsOf = (deps: PollDeps): readonly Group[] =>
  Object.entries(deps.profile.groups ?? {})
    .map(([name, { everyMs, mayFail }]) => ({
      name,
      lane: laneOf(deps.profile, name),
      everyMs,
      mayFail: mayFail ?? false,
      blocks: planGroup(deps.profile, name, deps.modbus.settings.maxRegisters),
      dueAt: deps.clock.steady(),
      stretch: 1,
    }))
    .filter(({ blocks }) => blocks.length > 0)

/**
 * Polls one device group by group until told to stop. Every look ends in readings: good ones, or bad ones with the
 * cause. After three failures in a row the device counts as offline and is probed at a growing pace; a group that may
 * fail never counts, and no group's failure touches another's readings.
 */
export async function runPollLoop(deps: PollDeps, stop: AbortSignal): Promise<void> {
  const { clock, modbus, profile, device } = deps
  const groups = groupsOf(deps)
  const refusals = new Map<string, number>()
  let memory: DeviceMemory = emptyMemory(deps.lockedByteOrder)
  let failures = 0
  let comeback = new AbortController()
  const probe = cheapest(groups)
  const isOffline = (): boolean => failures >= FAILURES_TO_OFFLINE
  const periodOf = ({ lane, everyMs, stretch }: Group): number =>
    (lane === 'gps' && deps.isUrgent?.() === true ? Math.min(URGENT_MS, everyMs) : everyMs) * stretch

  const ask = async (group: Group): Promise<Answer> => {
    const image = new Map<string, number | QualityReason>()
    let silence: QualityReason | undefined
    let hasAnswer = false
    let askedAt: Millis | undefined
    for (const block of group.blocks) {
      // One silent block is enough: the rest of the group would only hold up the line.
      const result = silence === undefined ? await modbus.read(block, group.lane, stop) : failed(silence)
      if (result.kind === 'failed' && SILENT.has(result.reason)) silence = result.reason
      else hasAnswer = true
      if (result.kind === 'values') askedAt ??= result.askedAt
      for (let index = 0; index < block.count; index += 1) {
        const cell = result.kind === 'values' ? (result.values[index] ?? 'decode') : result.reason
        image.set(cellOf(block.table, block.address + index), cell)
      }
      if (result.kind === 'failed' && result.reason === ILLEGAL_ADDRESS) refuse(group, block)
    }
    return { image, isSilent: silence !== undefined && !hasAnswer, askedAt }
  }

  const refuse = (group: Group, block: Block): void => {
    const key = `${block.table}:${block.address}:${block.count}`
    const times = (refusals.get(key) ?? 0) + 1
    refusals.set(key, times)
    const halves = times >= REFUSALS_TO_SPLIT ? bisect(block) : undefined
    if (halves === undefined) return
    group.blocks = group.blocks.flatMap((one) => (one === block ? halves : [one]))
    deps.log.info({ device, group: group.name, block: key }, 'device.block-split')
  }

  const look = async (group: Group): Promise<void> => {
    const { image, isSilent, askedAt } = await ask(group)
    if (stop.aborted) return
    const answered = { now: clock.now(), steadyAt: clock.steady(), notBefore: deps.notBefore }
    const at = askedAt === undefined ? answered : { ...answered, askedAt }
    const wasLocked = memory.order.state === 'locked'
    const seen = readingsOfGroup(memory, { device, profile, group: group.name }, image, at)
    memory = seen.memory
    if (memory.order.state === 'locked' && !wasLocked) {
      deps.log.info({ device, order: memory.order.order }, 'device.byte-order-locked')
      deps.onByteOrderLocked?.(memory.order.order)
    }
    deps.onReadings(seen.readings)
    if (!isSilent) {
      group.stretch = 1
      back()
      return
    }
    if (group.mayFail) {
      group.stretch = Math.min(group.stretch * 2, Math.max(1, MAX_STRETCHED_MS / group.everyMs))
      return
    }
    failures += 1
    if (isOffline()) away()
  }

  const back = (): void => {
    const wasOffline = isOffline()
    failures = 0
    if (!wasOffline) return
    deps.log.info({ device }, 'device.online')
    for (const group of groups) group.dueAt = clock.steady()
    const waiting = comeback
    comeback = new AbortController()
    waiting.abort()
  }

  const away = (): void => {
    if (failures === FAILURES_TO_OFFLINE) deps.log.info({ device }, 'device.offline')
    // What a device says after an absence is not a continuation of what it said before.
    memory = { ...memory, levels: {}, freshness: pickTrusted(memory) }
    deps.onReadings(offlineReadings(deps))
  }

  const runGroup = async (group: Group): Promise<void> => {
    while (!stop.aborted) {
      await pause(group)
      if (stop.aborted) return
      if (isOffline() && group !== probe) continue
      // Keeps the beat; a look that took longer than its period skips the missed ones.
      group.dueAt = Math.max(group.dueAt + periodOf(group), clock.steady())
      try {
        await look(group)
      } catch (cause) {
        deps.log.error({ device, group: group.name, err: cause }, 'poll.failed')
        await clock.sleep(millis(group.everyMs), stop)
      }
    }
  }

  /** Until the group is due; while the device is offline, until the next probe or until it is back. */
  const pause = async (group: Group): Promise<void> => {
    const untilProbe = backoffMs(failures - FAILURES_TO_OFFLINE + 1, deps.random())
    const length = isOffline() ? (group === probe ? untilProbe : ABSENCE_MS) : group.dueAt - clock.steady()
    if (length <= 0) return
    await clock.sleep(millis(length), AbortSignal.any([stop, comeback.signal]))
  }

  // Groups wait for their moments side by side; the line serves whoever is more urgent, one request at a time.
  await Promise.all(groups.map(runGroup))
}

const failed = (reason: QualityReason): { kind: 'failed'; reason: QualityReason } => ({ kind: 'failed', reason })

const pickTrusted = (memory: DeviceMemory): DeviceMemory['freshness'] =>
  memory.freshness.trusted === undefined ? {} : { trusted: memory.freshness.trusted }

/** The group that must not fail and takes the least of the line's time. */
const cheapest = (groups: readonly Group[]): Group | undefined => {
  const cost = (group: Group): number => group.blocks.length * 1000 + (group.blocks[0]?.count ?? 0)
  return groups.filter((group) => !group.mayFail).toSorted((a, b) => cost(a) - cost(b))[0] ?? groups[0]
}

const offlineReadings = (deps: PollDeps): readonly Reading[] =>
  registerReadings(deps.profile).map(([name, reading]) => ({
    device: deps.device,
    name,
    ...(reading.capability === undefined ? {} : { capability: reading.capability }),
    quality: 'bad',
    reason: 'offline',
    evidence: mayBeEvidence(deps.profile, name),
    readAt: deps.clock.now(),
    steadyAt: deps.clock.steady(),
  }))
