import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { encodeCompactBatch } from '#contract/compact-batch.ts'
import type { Frame } from '#contract/frame.ts'
import { Seq } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import { Receipt } from '#contract/receipt.ts'
import { downTopic, upTopic } from '#contract/topics.ts'
import type { LedgerPage, LoadDrive, LoadGateway, LoadPlan } from './load-plan.ts'

const METRES_PER_DEGREE = 111_320
/** Where the cars without a drive of their own set out, to the north. */
export const STREET = { lat: 55.5, lon: 37.618423 } as const
/** 43.2 km/h. */
const STREET_METRES_PER_S = 12
const STREET_S = 4000

/** The frame of this number: a car on its way up and down one street, or straight on where it has a drive of its own. */
export function frameOf(seq: number, plan: Pick<LoadPlan, 'from' | 'stepMs'>, drive?: LoadDrive): Frame {
  const stepMs = drive?.stepMs ?? plan.stepMs
  const second = (seq * stepMs) / 1000
  const leg = second % (2 * STREET_S)
  const speed = drive === undefined ? STREET_METRES_PER_S : Math.abs(drive.metresPerS)
  const north =
    drive === undefined ? STREET_METRES_PER_S * Math.min(leg, 2 * STREET_S - leg) : drive.metresPerS * second
  return {
    kind: 'frame',
    readAt: epochMs(plan.from + seq * stepMs),
    timeQuality: 'gnss',
    lat: rounded((drive?.lat ?? STREET.lat) + north / METRES_PER_DEGREE, 1e7),
    lon: drive?.lon ?? STREET.lon,
    accuracyM: 4.5,
    satellites: 11,
    fix: '3d',
    speedKmh: rounded(speed * 3.6, 10),
    headingDeg: 271,
    altitudeM: 150.5,
    ignition: true,
    odometerKm: rounded(1000 + (speed * second) / 1000, 100),
    supplyVolt: 13.8,
    motion: true,
    gnssTrust: 'ok',
    relay: 'closed',
  }
}

const rounded = (value: number, parts: number): number => Math.round(value * parts) / parts

/** What does not change from frame to frame is written once: whoever measures must be lighter than what is measured. */
function frameText(plan: LoadPlan, drive?: LoadDrive): (seq: number) => string {
  const marked = JSON.stringify({ ...frameOf(1, plan, drive), readAt: -1.5, lat: -2.5, odometerKm: -3.5 })
  const [head = '', toLat = '', toOdometer = '', tail = ''] = marked.split(/-[123]\.5/)
  return (seq) => {
    const { readAt, lat, odometerKm } = frameOf(seq, plan, drive)
    return `${head}${readAt}${toLat}${lat}${toOdometer}${odometerKm}${tail}`
  }
}

type Slot = { from: number; sentAt: number; state: 'free' | 'first' | 'again' }
type Deps = {
  readonly plan: LoadPlan
  readonly gateway: LoadGateway
  readonly index: number
  acknowledged(ms: number, now: number): void
  reconnected(): void
  sentBytes(bytes: number): void
}

const PACKET = { connack: 2, publish: 3, puback: 4 } as const
const RECONNECT_MS = 50
const SILENT_MS = 1000
const MOST_AHEAD = 2000
const OUT_BYTES = 8192
/** Of a packet's type and length. */
const MOST_HEAD = 5

export type LoadClient = ReturnType<typeof createLoadClient>

/**
 * One sender over a bare socket, MQTT 3.1.1 at QoS 1, since a library would cost more than what is measured. Keeps the
 * ledger of its stream. What was not acknowledged when the connection broke is sent again.
 */
export function createLoadClient({ plan, gateway, index, ...tell }: Deps) {
  const { framesPerMessage: per } = plan
  const topic = Buffer.from(upTopic(gateway.id, 'records'))
  const slots: Slot[] = Array.from({ length: plan.window }, () => ({ from: 0, sentAt: 0, state: 'free' }))
  const beyond = new Set<number>()
  const lost: number[] = []
  let through = 0
  let next = 1
  let highest = 0
  let budget = plan.framesPerS === undefined ? Number.POSITIVE_INFINITY : 0
  let socket: Socket | undefined
  let connected = false
  let sending: 'on' | 'off' = 'on'
  let rest: Buffer = Buffer.alloc(0)
  let progressAt = performance.now()
  let heardAt = progressAt
  let dice = index + 1

  const random = (): number => {
    dice = (Math.imul(dice, 1_664_525) + 1_013_904_223) >>> 0
    return dice / 2 ** 32
  }

  const textOf = frameText(plan, gateway.drive)
  /** The bytes are the text's, one for one. */
  const payloadOf = (from: number): string | Uint8Array => {
    if (per === 1) return `{"v":1,"stream":"${gateway.stream}","firstSeq":${from},"records":[${textOf(from)}]}`
    const frames = Array.from({ length: per }, (_, offset) => frameOf(from + offset, plan, gateway.drive))
    return encodeCompactBatch(gateway.stream, Seq.parse(from), frames)
  }

  const write = (bytes: Buffer): void => {
    tell.sentBytes(bytes.length)
    socket?.write(bytes)
  }

  /** Packets that go together are written as one. */
  let [out, filled] = [Buffer.alloc(0), 0]
  const flush = (): void => {
    if (filled > 0) write(out.subarray(0, filled))
    out = out.subarray(filled)
    filled = 0
  }
  const publish = (slot: Slot, number: number, now: number): void => {
    slot.sentAt = now
    const payload = payloadOf(slot.from)
    const length = 2 + topic.length + 2 + payload.length
    if (out.length - filled < length + MOST_HEAD) {
      flush()
      out = Buffer.allocUnsafeSlow(Math.max(OUT_BYTES, length + MOST_HEAD))
    }
    out[filled] = 0x32
    filled = writeLength(out, filled + 1, length)
    filled = out.writeUInt16BE(topic.length, filled)
    filled += topic.copy(out, filled)
    filled = out.writeUInt16BE(number + 1, filled)
    if (typeof payload === 'string') filled += out.write(payload, filled, 'latin1')
    else {
      out.set(payload, filled)
      filled += payload.length
    }
  }

  /** The next number to send, if any may be sent now. */
  const take = (): number | undefined => {
    if (sending === 'off' && (plan.forgets === 'on-acknowledgement' || next > highest)) return undefined
    const again = lost.pop()
    if (again !== undefined) return again
    if ((budget < per && sending === 'on') || (plan.forgets === 'on-receipt' && next - through > MOST_AHEAD))
      return undefined
    budget -= per
    const from = next
    next += per
    highest = Math.max(highest, next - 1)
    return from
  }

  const fill = (now: number): void => {
    if (connected && socket !== undefined && socket.writableLength <= 1_000_000)
      for (const [number, slot] of slots.entries()) {
        if (slot.state !== 'free') continue
        const from = take()
        if (from === undefined) break
        slot.from = from
        slot.state = 'first'
        publish(slot, number, now)
      }
    flush()
  }

  const cover = (from: number): void => {
    for (let seq = from; seq < from + per; seq += 1) {
      if (seq === through + 1) {
        through += 1
        while (beyond.delete(through + 1)) through += 1
      } else if (seq > through) beyond.add(seq)
    }
  }

  const acknowledge = (number: number, now: number): void => {
    const slot = slots[number]
    if (slot === undefined || slot.state === 'free') return
    tell.acknowledged(now - slot.sentAt, now)
    if (plan.forgets === 'on-acknowledgement') cover(slot.from)
    if (slot.state === 'first' && sending === 'on' && random() < plan.resent) {
      slot.state = 'again'
      publish(slot, number, now)
    } else slot.state = 'free'
  }

  const hearReceipt = (payload: Buffer, now: number): void => {
    const receipt = Receipt.safeParse(JSON.parse(payload.toString()))
    if (!receipt.success || receipt.data.stream !== gateway.stream) return
    if (plan.forgets === 'on-receipt' && receipt.data.through > through) {
      through = receipt.data.through
      progressAt = now
      heardAt = now
    }
  }

  const hear = (type: number, flags: number, body: Buffer, now: number): void => {
    if (type === PACKET.connack) {
      connected = body[1] === 0
      if (!connected) socket?.destroy()
      else if (plan.protocol === 'own') write(subscribePacket(downTopic(gateway.id, 'receipt')))
    }
    if (type !== PACKET.publish) return
    const length = body.readUInt16BE(0)
    const qos = (flags >> 1) & 3
    const at = 2 + length + (qos > 0 ? 2 : 0)
    if (qos > 0) write(Buffer.from([0x40, 2, body[2 + length] ?? 0, body[3 + length] ?? 0]))
    hearReceipt(body.subarray(at), now)
  }

  const read = (chunk: Buffer): void => {
    const now = performance.now()
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    for (;;) {
      const acknowledged = acknowledgements(bytes)
      for (let at = 0; at < acknowledged; at += ACKNOWLEDGEMENT_BYTES) acknowledge(bytes.readUInt16BE(at + 2) - 1, now)
      if (acknowledged > 0) bytes = bytes.subarray(acknowledged)
      const packet = packetAt(bytes)
      if (packet === undefined) break
      hear(packet.type, packet.flags, packet.body, now)
      bytes = bytes.subarray(packet.length)
    }
    rest = bytes
    fill(now)
  }

  const open = (): void => {
    rest = Buffer.alloc(0)
    filled = 0
    const port = plan.ports[index % plan.ports.length] ?? 0
    const { proof } = gateway
    const opened =
      proof === undefined
        ? connect({ port, host: plan.host })
        : connectTls({ port, host: plan.host, ...proof, minVersion: 'TLSv1.3' })
    socket = opened
    opened.setNoDelay(true)
    opened.on(proof === undefined ? 'connect' : 'secureConnect', () => write(connectPacket(gateway)))
    opened.on('data', read)
    opened.on('error', () => {})
    opened.on('close', () => {
      connected = false
      for (const slot of slots) {
        if (slot.state === 'first') lost.push(slot.from)
        slot.state = 'free'
      }
      if (plan.forgets === 'on-receipt') rewind()
      if (ended) return
      tell.reconnected()
      setTimeout(open, RECONNECT_MS)
    })
  }
  let ended = false

  const rewind = (): void => {
    lost.length = 0
    next = through + 1
    progressAt = performance.now()
  }

  return {
    open,
    isConnected: (): boolean => connected,
    /** When a receipt last told something new. */
    heardAt: (): number => heardAt,
    /** Open loop: so many frames more may be sent. */
    allow: (frames: number): void => {
      budget += frames
    },
    poke: (now: number): void => {
      const isSilent = now - progressAt > SILENT_MS
      if (isSilent && plan.forgets === 'on-receipt' && next > through + 1) rewind()
      fill(now)
    },
    /** Sends nothing new. Quiet when all of it is acknowledged, or receipted. */
    stop: (): void => {
      sending = 'off'
    },
    isQuiet: (): boolean =>
      plan.forgets === 'on-receipt' ? through >= highest : slots.every(({ state }) => state === 'free'),
    end: (): void => {
      ended = true
      socket?.destroy()
    },
    page: (): LedgerPage => ({
      gateway: gateway.id,
      stream: gateway.stream,
      through,
      beyond: [...beyond].sort((a, b) => a - b),
    }),
  }
}

/** Writes a length as MQTT 3.1.1 §2.2.3 has it; answers where it ends. */
function writeLength(bytes: Buffer, from: number, length: number): number {
  let [at, left] = [from, length]
  do {
    bytes[at] = (left & 0x7f) | (left > 0x7f ? 0x80 : 0)
    at += 1
    left >>= 7
  } while (left > 0)
  return at
}

const ACKNOWLEDGEMENT_BYTES = 4
/** How many bytes of whole PUBACKs the chunk begins with: nearly all that is heard. */
function acknowledgements(bytes: Buffer): number {
  let at = 0
  while (at + ACKNOWLEDGEMENT_BYTES <= bytes.length && bytes[at] === PACKET.puback << 4 && bytes[at + 1] === 2)
    at += ACKNOWLEDGEMENT_BYTES
  return at
}

/** The first whole packet, or undefined when more bytes must come (MQTT 3.1.1 §2.2). */
function packetAt(bytes: Buffer): { type: number; flags: number; body: Buffer; length: number } | undefined {
  let body = 0
  for (let at = 1; at < 5; at += 1) {
    const byte = bytes[at]
    if (byte === undefined) return undefined
    body += (byte & 0x7f) << (7 * (at - 1))
    if ((byte & 0x80) !== 0) continue
    const length = at + 1 + body
    if (bytes.length < length) return undefined
    const first = bytes[0] ?? 0
    return { type: first >> 4, flags: first & 15, body: bytes.subarray(at + 1, length), length }
  }
  return undefined
}

const text = (value: string): Buffer => {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes])
}
const packet = (first: number, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  const length = Buffer.alloc(MOST_HEAD)
  return Buffer.concat([Buffer.from([first]), length.subarray(0, writeLength(length, 0, body.length)), body])
}

/** Clean session, user and password, keep-alive of ten minutes. */
const connectPacket = ({ id, password }: LoadGateway): Buffer =>
  packet(0x10, text('MQTT'), Buffer.from([4, 0xc2, 600 >> 8, 600 & 255]), text(id), text(id), text(password))

const subscribePacket = (filter: string): Buffer =>
  packet(0x82, Buffer.from([255, 255]), text(filter), Buffer.from([1]))
