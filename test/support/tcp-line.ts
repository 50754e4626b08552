import type { Random } from './seeded-random.ts'

/** One direction of a line, as far as TCP's sender at its end has to know it. */
export type LineWeather = {
  readonly oneWayMs: number
  readonly jitterMs: number
  /** Share of segments lost, those sent again among them. Acknowledgements come: one lost alone delays no data. */
  readonly loss: number
  readonly bytesPerSecond: number
}

/** What TCP makes of a lossy line: everything arrives, in order, some of it late. Times in ms of any one clock. */
export type TcpLine = {
  send(data: Buffer, nowMs: number): void
  /** What has arrived by now, in order; told once. */
  arrived(nowMs: number): readonly Buffer[]
  /** When to look again; undefined while nothing is underway. */
  nextMs(): number | undefined
}

/** `TCP_RTO_MIN` of Linux (include/net/tcp.h): the least the variance adds to a round trip, RFC 6298 would have 1 s. */
const RTO_MIN_MS = 200
/** `TCP_RTO_MAX`. */
const RTO_MAX_MS = 120_000
/** `TCP_FASTRETRANS_THRESH`: with so many selective acknowledgements there is no waiting for reordered segments. */
const DUPLICATES = 3

type Segment = {
  readonly data: Buffer
  sentMs: number
  /** Counts what was sent: of two in one moment it tells the later. */
  turn: number
  /** Infinity: lost. */
  arrivesMs: number
  heard: 'no' | 'yes'
}

type Happening = { readonly atMs: number; readonly run: () => void }

/**
 * Pure but for its memory. How late a lost segment comes is up to what TCP's sender notices, and when; here as Linux does:
 *
 * - RTO = SRTT + max(200 ms, 4·RTTVAR) from the last progress, doubled by each expiry (RFC 6298 2.3, 5.5;
 *   `tcp_rtt_estimator`, `__tcp_set_rto`, `tcp_retransmit_timer`).
 * - Before it, once: the last segment goes again after min(2·SRTT + 200 ms where it is alone, RTO), and the RTO counts anew
 *   (RFC 8985 7; `tcp_schedule_loss_probe`, `tcp_send_loss_probe`). With a round trip of 300 ms that minimum is the RTO.
 * - What was sent before something that is acknowledged is lost once it is a round trip and a quarter old, or a round trip
 *   where three are acknowledged beyond it or recovery has begun (RFC 8985 6.2; `tcp_rack_detect_loss`, `tcp_rack_reo_wnd`).
 *   Should it be lost again, the RTO counts from there (`tcp_rearm_rto`), unless something sent since is acknowledged first.
 *
 * So at a round trip of 300 ms a segment alone comes 500 ms late, 1,000 when lost twice, 2,000 when three times; one that
 * others follow at once 375, and in a bulk 300. Not modelled: congestion window (what is measured sends little), delayed
 * and lost acknowledgements, connecting.
 */
export function createTcpLine(weather: () => LineWeather, random: Random): TcpLine {
  /** In order: not handed over yet, and not acknowledged yet. */
  const underway: Segment[] = []
  const unheard: Segment[] = []
  let turns = 0
  let freeMs = 0
  let progressMs = 0
  let lastSentMs = 0
  let backoff = 1
  let probed: 'no' | 'yes' = 'no'
  let recovering: 'no' | 'yes' = 'no'
  /** The last sent of those that are known to have come, and when that was heard. */
  let newest = { turn: 0, heardMs: 0 }

  const srttMs = (): number => 2 * weather().oneWayMs + weather().jitterMs
  const rtoMs = (): number => srttMs() + Math.max(RTO_MIN_MS, (4 * weather().jitterMs) / 3)

  const transmit = (segment: Segment, atMs: number): void => {
    const { oneWayMs, jitterMs, loss } = weather()
    turns += 1
    segment.turn = turns
    segment.sentMs = atMs
    lastSentMs = atMs
    const isLost = loss > 0 && random() < loss
    const wayMs = oneWayMs + (jitterMs > 0 ? jitterMs * random() : 0)
    if (!isLost) segment.arrivesMs = Math.min(segment.arrivesMs, atMs + wayMs)
  }

  const hear = (segment: Segment, atMs: number): void => {
    segment.heard = 'yes'
    if (segment.turn > newest.turn) newest = { turn: segment.turn, heardMs: atMs }
    if (unheard[0] !== segment) return
    while (unheard[0]?.heard === 'yes') unheard.shift()
    progressMs = atMs
    backoff = 1
    probed = 'no'
    if (unheard.length === 0) recovering = 'no'
  }

  const expire = (atMs: number): void => {
    progressMs = atMs
    const isProbe = probed === 'no' && !unheard.some(({ heard }) => heard === 'yes')
    const again = isProbe ? unheard.at(-1) : unheard[0]
    if (isProbe) probed = 'yes'
    else backoff *= 2
    if (again !== undefined) transmit(again, atMs)
  }

  const timerMs = (): number => {
    const rto = progressMs + Math.min(RTO_MAX_MS, rtoMs() * backoff)
    if (probed === 'yes' || unheard.some(({ heard }) => heard === 'yes')) return rto
    return Math.min(rto, Math.max(lastSentMs, progressMs) + 2 * srttMs() + (unheard.length === 1 ? RTO_MIN_MS : 0))
  }

  /** The earliest of acknowledgements, losses noticed, and the timer. */
  const next = (): Happening | undefined => {
    if (unheard.length === 0) return undefined
    const dueMs = timerMs()
    let first: Happening = { atMs: dueMs, run: () => expire(dueMs) }
    const { oneWayMs } = weather()
    const beyond = unheard.filter(({ heard }) => heard === 'yes').length
    const reorderMs = recovering === 'yes' || beyond >= DUPLICATES ? 0 : srttMs() / 4
    for (const segment of unheard) {
      if (segment.heard === 'yes') continue
      const heardMs = segment.arrivesMs + oneWayMs
      if (heardMs <= first.atMs) first = { atMs: heardMs, run: () => hear(segment, heardMs) }
      if (segment.turn > newest.turn) continue
      const lostMs = Math.max(newest.heardMs, segment.sentMs + srttMs() + reorderMs)
      if (lostMs < first.atMs) {
        const run = (): void => {
          recovering = 'yes'
          transmit(segment, lostMs)
          if (segment === unheard[0]) progressMs = lostMs
        }
        first = { atMs: lostMs, run }
      }
    }
    return first
  }

  const catchUp = (nowMs: number): void => {
    for (let due = next(); due !== undefined && due.atMs <= nowMs; due = next()) due.run()
  }

  return {
    send: (data, nowMs) => {
      catchUp(nowMs)
      const { loss, bytesPerSecond } = weather()
      freeMs = Math.max(freeMs, nowMs) + (1000 * data.length) / bytesPerSecond
      const segment: Segment = { data, sentMs: freeMs, turn: 0, arrivesMs: Number.POSITIVE_INFINITY, heard: 'no' }
      if (unheard.length === 0) progressMs = freeMs
      underway.push(segment)
      transmit(segment, freeMs)
      // On a line that loses nothing there is nothing to notice.
      if (loss > 0 || unheard.length > 0) unheard.push(segment)
    },
    arrived: (nowMs) => {
      catchUp(nowMs)
      const whole: Buffer[] = []
      for (let first = underway[0]; first !== undefined && first.arrivesMs <= nowMs; first = underway[0]) {
        whole.push(first.data)
        underway.shift()
      }
      return whole
    },
    nextMs: () => {
      const [first] = underway
      if (first === undefined) return undefined
      return Math.min(first.arrivesMs, next()?.atMs ?? Number.POSITIVE_INFINITY)
    },
  }
}
