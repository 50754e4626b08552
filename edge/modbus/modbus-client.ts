import { type Clock, type Millis, millis } from '#contract/instant.ts'
import type { Profile } from '#contract/profile.ts'
import { backoffMs } from '../poll/backoff.ts'
import type { QualityReason } from '../profile/reading.ts'
import type { ByteLink, OpenLink } from './byte-link-client.ts'
import { forbidden } from './deny.ts'
import { createLaneQueue, type Lane } from './lane-queue.ts'
import { answerTimeout, type Latencies, measured } from './latency.ts'
import type { LineSettings } from './line-settings.ts'
import { mbapFrame, rtuFrame, type Unframed, unframeMbap, unframeRtu } from './modbus-frame.ts'
import { decodeReply, encodeRequest, type ModbusRequest, readOf, replyLength, type WriteRequest } from './modbus-pdu.ts'
import type { Span } from './register-plan.ts'

export type ReadResult =
  /** `askedAt`: when the question went out. What it tells was read off after that, and before its answer. */
  | { readonly kind: 'values'; readonly values: readonly number[]; readonly askedAt: Millis }
  | { readonly kind: 'failed'; readonly reason: QualityReason }

/** One device on a line. */
export type ModbusDevice = {
  readonly settings: LineSettings
  /** Reads cells (addresses as the profile counts them), asking up to three times; a failure is an answer, not a throw. */
  read(span: Span, lane: Lane, stop: AbortSignal): Promise<ReadResult>
  /**
   * Writes once, first in line, without any retry. Rejects when forbidden or not acknowledged, and with nothing sent when
   * `mayStill`, asked when the line is free and right before the bytes go out, says no.
   */
  write(request: WriteRequest, stop: AbortSignal, mayStill?: () => boolean): Promise<void>
}

/** One physical port or TCP host: one request in flight, whatever number of devices. */
export type ModbusLine = { device(profile: Profile, settings: LineSettings): ModbusDevice; close(): void }

type Log = { debug(fields: object, event: string): void; warn(fields: object, event: string): void }

export type LineDeps = {
  readonly name: string
  readonly open: OpenLink
  /** `rtu` for serial lines and for transparent converters behind TCP; `mbap` for Modbus TCP. */
  readonly framing: 'rtu' | 'mbap'
  /** Least silence before a request: see `silenceMs`. */
  readonly silenceMs: number
  /** After so many timeouts in a row without one byte the connection counts as half-open; absent: never (serial). */
  readonly halfOpenAfter?: number
  readonly clock: Clock
  /** In [0, 1): spreads reconnections. */
  readonly random: () => number
  readonly log: Log
}

const READ_ATTEMPTS = 3
const CONNECT_TIMEOUT_MS = 3000

type Failure = { readonly kind: 'failed'; readonly reason: QualityReason }
type Waiting = {
  unframe(bytes: Uint8Array): Unframed
  settle(outcome: { pdu: Uint8Array } | Failure): void
}
type Asking = { readonly profile: Profile; readonly settings: LineSettings; latencies: Latencies }
type Ask = {
  readonly asking: Asking
  readonly request: ModbusRequest
  readonly lane: Lane
  readonly mayStill?: (() => boolean) | undefined
}
type Job = () => Promise<void>

const failed = (reason: QualityReason): Failure => ({ kind: 'failed', reason })

/**
 * The line opens at its first request and again when it was lost, at once for orders, after a bounded and growing pause
 * for the rest. An answer that comes after its time is never taken for the next one: on TCP the transaction differs;
 * on a serial line the input is flushed before each request, and a request that would fit the overdue answer waits.
 */
export function createModbusLine(deps: LineDeps): ModbusLine {
  const { clock, framing } = deps
  const jobs = createLaneQueue<Job>()
  let isBusy = false
  let link: ByteLink | undefined
  let input = new Uint8Array()
  let waiting: Waiting | undefined
  let transaction = 0
  let connectFailures = 0
  let connectNotBefore = Number.NEGATIVE_INFINITY
  let quietSince = Number.NEGATIVE_INFINITY
  let unheard = 0
  let overdue: { readonly signature: string; readonly until: number } | undefined
  const closing = new AbortController()

  const receive = (bytes: Uint8Array): void => {
    quietSince = clock.steady()
    unheard = 0
    if (waiting === undefined) {
      overdue = undefined
      return
    }
    input = Uint8Array.from([...input, ...bytes])
    const found = waiting.unframe(input)
    input = Uint8Array.from(found.kind === 'more' ? found.rest : [])
    if (found.kind === 'pdu') waiting.settle({ pdu: found.pdu })
    else if (found.kind === 'junk' && found.cause === 'crc') waiting.settle(failed('crc'))
    // A TCP stream that lost its framing cannot find it again; on a serial line the true answer may still come.
    else if (found.kind === 'junk' && framing === 'mbap') drop('decode')
  }

  const drop = (reason: QualityReason): void => {
    const dropped = link
    link = undefined
    input = new Uint8Array()
    waiting?.settle(failed(reason))
    dropped?.close()
  }

  const connected = async (lane: Lane, asking: Asking): Promise<ByteLink | undefined> => {
    if (link !== undefined) return link
    const isUrgent = lane === 'order' || lane === 'verify'
    if (closing.signal.aborted || (!isUrgent && clock.steady() < connectNotBefore)) return undefined
    const opening = new AbortController()
    void clock.sleep(millis(CONNECT_TIMEOUT_MS), opening.signal).then(() => opening.abort())
    try {
      let opened: ByteLink | undefined
      const closed = (cause: Error | undefined): void => {
        if (opened === undefined || link !== opened) return
        deps.log.debug({ line: deps.name, err: cause }, 'modbus.line-closed')
        drop('offline')
      }
      // Bytes of a line that was given up for another are nobody's answer.
      const bytes = (heard: Uint8Array): void => {
        if (link === opened) receive(heard)
      }
      opened = await deps.open({ bytes, closed }, opening.signal)
      link = opened
      connectFailures = 0
      unheard = 0
      const { connectPauseMs } = asking.settings
      if (connectPauseMs > 0) await clock.sleep(millis(connectPauseMs), closing.signal)
      return link
    } catch (cause) {
      connectFailures += 1
      connectNotBefore = clock.steady() + backoffMs(connectFailures, deps.random())
      if (connectFailures === 1) deps.log.warn({ line: deps.name, err: cause }, 'modbus.line-unreachable')
      return undefined
    } finally {
      opening.abort()
    }
  }

  /** Silence between frames, and the time in which an answer that fits the next request too may still come. */
  const holdBack = async (asking: Asking, signature: string): Promise<void> => {
    const gap = Math.max(asking.settings.minGapMs, framing === 'rtu' ? deps.silenceMs : 0)
    const until = Math.max(quietSince + gap, overdue?.signature === signature ? overdue.until : 0)
    const pause = until - clock.steady()
    if (pause > 0) await clock.sleep(millis(pause), closing.signal)
    overdue = undefined
  }

  /** The only way to the line. */
  const exchange = async ({ asking, request, lane, mayStill }: Ask): Promise<ReadResult> => {
    const { profile, settings } = asking
    if (request.kind === 'write') {
      const reason = forbidden(profile, settings.unitId, request)
      if (reason !== undefined) throw new Error(`write refused: ${reason}`)
    }
    const signature = `${settings.unitId}:${request.fc}:${replyLength(request)}`
    if ((await connected(lane, asking)) === undefined) return failed('offline')
    await holdBack(asking, signature)
    const open = link
    if (open === undefined) return failed('offline')
    if (mayStill?.() === false) throw new Error('write withheld: its reason is gone')
    transaction = (transaction + 1) & 0xffff
    const [id, pdu] = [transaction, encodeRequest(request)]
    const timeoutMs = answerTimeout(asking.latencies, settings.minTimeoutMs, settings.timeoutMs)
    const sentAt = clock.steady()
    const timer = new AbortController()
    const outcome = await new Promise<{ pdu: Uint8Array } | Failure>((settle) => {
      input = new Uint8Array()
      waiting = {
        settle,
        unframe: (bytes) =>
          framing === 'rtu' ? unframeRtu(bytes, settings.unitId, request) : unframeMbap(bytes, id, settings.unitId),
      }
      open.write(framing === 'rtu' ? rtuFrame(settings.unitId, pdu) : mbapFrame(id, settings.unitId, pdu))
      void clock.sleep(millis(timeoutMs), timer.signal).then(() => settle(failed('timeout')))
    })
    timer.abort()
    waiting = undefined
    quietSince = clock.steady()
    if ('kind' in outcome) {
      if (outcome.reason === 'timeout') unheard += 1
      // A peer that vanished without a word leaves a socket that takes everything and answers nothing.
      if (unheard >= (deps.halfOpenAfter ?? Number.POSITIVE_INFINITY)) {
        deps.log.debug({ line: deps.name }, 'modbus.line-half-open')
        drop('offline')
      }
      // On TCP the transaction tells a late answer; on a serial line nothing does.
      if (outcome.reason === 'timeout' && framing === 'rtu')
        overdue = { signature, until: clock.steady() + settings.timeoutMs }
      return outcome
    }
    asking.latencies = measured(asking.latencies, clock.steady() - sentAt)
    const reply = decodeReply(request, outcome.pdu)
    if (reply.kind === 'exception') return failed(`exception-${reply.code}`)
    return reply.kind === 'values' ? { ...reply, askedAt: sentAt } : failed('decode')
  }

  const pump = async (): Promise<void> => {
    if (isBusy) return
    isBusy = true
    for (let job = jobs.take(); job !== undefined; job = jobs.take()) await job()
    isBusy = false
  }

  const enqueue = (ask: Ask, stop: AbortSignal): Promise<ReadResult> =>
    new Promise((resolve, reject) => {
      jobs.put(ask.lane, async () => {
        if (stop.aborted || closing.signal.aborted) return resolve(failed('offline'))
        await exchange(ask).then(resolve, reject)
        if (ask.asking.settings.closeAfterPoll && jobs.isEmpty) drop('offline')
      })
      void pump()
    })

  return {
    device: (profile, settings) => {
      const asking: Asking = { profile, settings, latencies: [] }
      return {
        settings,
        read: async (span, lane, stop) => {
          const request = readOf(span.table, span.address - settings.addressBase, span.count)
          let result = await enqueue({ asking, request, lane }, stop)
          for (let attempt = 1; attempt < READ_ATTEMPTS && isWorthRetry(result) && !stop.aborted; attempt += 1) {
            result = await enqueue({ asking, request, lane }, stop)
          }
          return result
        },
        write: async (request, stop, mayStill) => {
          const reason = forbidden(profile, settings.unitId, request)
          if (reason !== undefined) throw new Error(`write refused: ${reason}`)
          const result = await enqueue({ asking, request, lane: 'order', mayStill }, stop)
          if (result.kind === 'failed') throw new Error(`write not acknowledged: ${result.reason}`)
        },
      }
    },
    close: () => {
      closing.abort()
      drop('offline')
    },
  }
}

/** An exception is an answer; asking again would bring the same. */
const isWorthRetry = (result: ReadResult): boolean =>
  result.kind === 'failed' && !result.reason.startsWith('exception-')
