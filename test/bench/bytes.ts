import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Frame, roundFrame } from '#contract/frame.ts'
import { Seq, StreamId } from '#contract/ids.ts'
import { epochMs, millis, minutes } from '#contract/instant.ts'
import { createEmbeddedBroker } from '../../cloud/broker/app.ts'
import { createIngestService } from '../../cloud/ingest/ingest-service.ts'
import { createJournalStore } from '../../cloud/ingest/journal-store.ts'
import { recordsMessage } from '../../edge/outbox/records-message.ts'
import { createCloudClient } from '../../edge/uplink/cloud-client.ts'
import { createTestAuthority } from '../cloud/broker/test-authority.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { BENCH_GATEWAY } from '../support/gateway-process.ts'
import { type RecordedDrive, recordedDrives, thinnedTo } from '../support/recorded-frames.ts'
import { silentLog } from '../support/silent-log.ts'
import { systemClock } from '../support/system-clock.ts'
import { until } from '../support/until.ts'
import type { Bench, BenchResult } from './bench.ts'
import { spread, table } from './table.ts'

const GOAL_BYTES = 9
const GOAL_WIRE_BYTES = 13
const GOAL_MONTH_MB = 1
/** A drive shorter than this is driven again an hour later: receipts come once in five messages. */
const LEAST_FRAMES = 600
/** TCP and IP around every segment, estimated; an exchange is a segment each way and the bare ACK of the second. */
const SEGMENT_OVERHEAD = 52
const SEGMENT_BYTES = 1448
const EXCHANGE_OVERHEAD = 3 * SEGMENT_OVERHEAD
/** Codec 8, sparest record: 8 B time, 1 B priority, 15 B GNSS, 6 B of empty I/O; packet: preamble, length, counts, CRC. */
const CODEC8_RECORD = 30
const CODEC8_PACKET = 15
const CODEC8_ANSWER = 4
const MOST_MESSAGES = 300

/** `once`: the drive itself, by which payload is judged; `frames`: as often as the line's receipts need. */
type Ride = {
  readonly name: string
  readonly everyS: number
  readonly once: readonly Frame[]
  readonly frames: readonly Frame[]
}

type Row = Ride & {
  readonly batch: number
  readonly count: number
  /** Bytes a position: payload with everything, payload of time, place and motion alone, everything on the wire. */
  readonly payload: number
  readonly place: number
  readonly wire: number
  readonly json: number
  readonly jsonWire: number
  readonly codec8: number
  readonly codec8Wire: number
}

const streamOf = (index: number): StreamId =>
  StreamId.parse(`00112233-4455-4677-8899-${String(index).padStart(12, '0')}`)

/** A recorded drive again and again, an hour between, until it is long enough. */
function repeated(frames: readonly Frame[]): readonly Frame[] {
  const [first, last] = [frames[0], frames.at(-1)]
  if (first === undefined || last === undefined) return frames
  const [everyMs, way] = [last.readAt - first.readAt + minutes(60), (last.odometerKm ?? 0) - (first.odometerKm ?? 0)]
  return Array.from({ length: Math.ceil(LEAST_FRAMES / frames.length) }, (_, round) =>
    frames.map((frame) =>
      roundFrame({
        ...frame,
        readAt: epochMs(frame.readAt + round * everyMs),
        odometerKm: (frame.odometerKm ?? 0) + round * way,
        engineHours: (frame.engineHours ?? 0) + (round * everyMs) / 3_600_000,
      }),
    ),
  ).flat()
}

function rides(): readonly Ride[] {
  const at = (drive: RecordedDrive | undefined, everyS: number): Ride[] => {
    const once = thinnedTo(drive?.frames ?? [], everyS * 1000)
    return drive === undefined ? [] : [{ name: drive.name, everyS, once, frames: repeated(once) }]
  }
  const [munich] = recordedDrives('car-munich', 1000)
  const [limerick] = recordedDrives('bus-limerick')
  const liverpool = recordedDrives('bus-liverpool')[0]
  const [synthetic] = recordedDrives('moscow-spoof-synthetic')
  return [1, 10]
    .flatMap((everyS) => [munich, limerick, synthetic].flatMap((drive) => at(drive, everyS)))
    .concat(at(liverpool, 24))
}

const withoutSlow = ({ odometerKm: _km, engineHours: _hours, satellites: _sats, ...frame }: Frame): Frame => frame

function messagesOf(
  frames: readonly Frame[],
  batch: number,
  stream: StreamId,
  encoding: 'compact' | 'json',
): readonly Uint8Array[] {
  const messages: Uint8Array[] = []
  for (let from = 0; from < frames.length; from += batch) {
    const records = frames.slice(from, from + batch).map((record, index) => ({
      seq: Seq.parse(from + index + 1),
      record,
      boot: 'bench',
      steadyAt: millis(0),
      bytes: JSON.stringify(record).length,
    }))
    const message = recordsMessage({ stream, records }, { boot: 'bench', since: millis(0) }, encoding)
    if (message !== undefined) messages.push(message.payload)
  }
  return messages
}

/** Everything between a real uplink and the real ingest behind mutual TLS, counted in the proxy between them. */
async function openLine(dir: string) {
  const authority = await createTestAuthority()
  const [server, client] = [await authority.issue('127.0.0.1'), await authority.issue(BENCH_GATEWAY)]
  const common = { clock: systemClock, log: silentLog, count: () => {} }
  const journal = createJournalStore({ path: join(dir, 'journal.sqlite'), clock: systemClock })
  const ingest = createIngestService({
    ...common,
    journal,
    publish: (topic, payload, options) => broker.publish(topic, payload, options),
  })
  const broker = createEmbeddedBroker({
    ...common,
    listeners: { tls: { host: '127.0.0.1', port: 0, ...server, ca: authority.ca } },
    credentials: {
      checkPassword: async () => false,
      isRevoked: () => false,
      isRevokedByNow: async () => false,
      certificateCounts: () => true,
    },
    onStatus: () => {},
    ingest,
  })
  await broker.start()
  const proxy = await startFaultProxy(broker.ports().tls ?? 0)
  let receipts = 0
  const uplink = createCloudClient({
    ...common,
    brokerUrl: `mqtts://127.0.0.1:${proxy.port}`,
    gatewayId: BENCH_GATEWAY,
    access: { by: 'certificate', keyPem: client.key, certificatePem: client.cert, caPem: authority.ca },
    protocolVersion: 4,
    software: 'bench',
    boot: 'bench',
    random: () => 0.5,
    onReceipt: () => {
      receipts += 1
    },
    onOrder: () => {},
    onConfig: () => {},
    onChange: () => {},
    onContested: () => {},
  })
  const stopping = new AbortController()
  const running = uplink.run(stopping.signal)
  await until('the uplink stands', () => uplink.connection() !== undefined)
  const counted = (): number => proxy.bytes().up + proxy.bytes().down
  const handshakeBytes = counted() + 12 * SEGMENT_OVERHEAD
  const before = counted()
  const first = uplink.connection()
  proxy.reset()
  await until('the uplink stands again', () => uplink.connection() !== undefined && uplink.connection() !== first)
  return {
    handshakeBytes,
    resumedBytes: counted() - before + 12 * SEGMENT_OVERHEAD,
    /** All bytes both ways for these messages, sent one after another; and how many receipts came with them. */
    send: async (messages: readonly Uint8Array[]) => {
      const [bytes, before] = [counted(), receipts]
      for (const message of messages) await uplink.publishRecords(message)
      // The receipt of the last one is under way when its acknowledgement is there.
      await systemClock.sleep(millis(100), new AbortController().signal)
      const extra = messages.reduce(
        (sum, { length }) => sum + Math.floor((length + 80) / SEGMENT_BYTES) * SEGMENT_OVERHEAD,
        0,
      )
      return counted() - bytes + extra + EXCHANGE_OVERHEAD * (messages.length + receipts - before)
    },
    close: async () => {
      stopping.abort()
      await running
      await proxy.close()
      broker.close()
      journal.close()
    },
  }
}

const sum = (messages: readonly Uint8Array[]): number => messages.reduce((total, { length }) => total + length, 0)

/** A parked car's day: the same place again and again, one frame in ten minutes. */
const parkedFrames = (like: Frame, count: number): readonly Frame[] =>
  Array.from({ length: count }, (_, index) => ({
    ...like,
    readAt: (like.readAt + index * minutes(10)) as Frame['readAt'],
    speedKmh: 0,
    ignition: false,
  }))

const HOURS_DRIVEN = 2
const DAYS = 30
const PING_BYTES = 2 * (2 + 22) + 3 * SEGMENT_OVERHEAD
const RECONNECTS_PER_DAY = 4

/** B6: bytes per position, in the payload and on the wire, and what a month of a car makes of them. */
export const bytes: Bench = {
  name: 'bytes',
  group: 'edge',
  about: 'B6: bytes a position and a car-month on the wire, against JSON and Teltonika Codec 8',
  run: async ({ print }): Promise<BenchResult> => {
    const dir = mkdtempSync(join(tmpdir(), 'kordon-bench-bytes-'))
    const line = await openLine(dir)
    try {
      const rows: Row[] = []
      let stream = 0
      for (const ride of rides())
        for (const batch of [1, 6, 60]) {
          const frames = ride.frames.slice(0, MOST_MESSAGES * batch)
          stream += 2
          const compact = messagesOf(frames, batch, streamOf(stream), 'compact')
          const json = messagesOf(frames, batch, streamOf(stream + 1), 'json')
          const count = frames.length
          rows.push({
            ...ride,
            batch,
            count,
            payload: sum(messagesOf(ride.once, batch, streamOf(stream), 'compact')) / ride.once.length,
            place: sum(messagesOf(ride.once.map(withoutSlow), batch, streamOf(stream), 'compact')) / ride.once.length,
            wire: (await line.send(compact)) / count,
            json: sum(json) / count,
            jsonWire: (await line.send(json)) / count,
            codec8: CODEC8_RECORD + (CODEC8_PACKET * compact.length) / count,
            codec8Wire: CODEC8_RECORD + ((CODEC8_PACKET + CODEC8_ANSWER + EXCHANGE_OVERHEAD) * compact.length) / count,
          })
        }
      print(
        table([
          [
            'drive',
            'every s',
            'batch',
            'payload B',
            'place only B',
            'wire B',
            'JSON B',
            'JSON wire B',
            'Codec 8 B',
            'Codec 8 wire B',
          ],
          ...rows.map((row) => [
            row.name,
            row.everyS,
            row.batch,
            row.payload,
            row.place,
            row.wire,
            row.json,
            row.jsonWire,
            row.codec8,
            row.codec8Wire,
          ]),
        ]),
      )
      print(
        '\nwire: payload, MQTT, TLS 1.3 records, PUBACK, receipts, as counted in the proxy, and 52 B a TCP segment (estimated);',
      )
      print('Codec 8: built from its record layout, plain TCP without TLS, which is how it is spoken.\n')

      const parked = parkedFrames(rows[0]?.frames[0] ?? ({} as Frame), 60)
      const parkedAt = async (batch: number, stream: number): Promise<number> =>
        (await line.send(messagesOf(parked, batch, streamOf(stream), 'compact'))) / 60
      const [parkedAlone, parkedHourly] = [await parkedAt(1, 9000), await parkedAt(6, 9002)]
      const parkedJson = (await line.send(messagesOf(parked, 1, streamOf(9001), 'json'))) / 60
      const parkedDay = (24 - HOURS_DRIVEN) * 6
      const drivenDay = HOURS_DRIVEN * 360
      const at10 = (batch: number, of: (row: Row) => number = ({ wire }) => wire): number => {
        const at = rows.filter((row) => row.everyS === 10 && row.batch === batch)
        return at.reduce((total, row) => total + of(row), 0) / at.length
      }
      const month = (driven: number, still: number, pings: number, connects: number): number =>
        (DAYS * (drivenDay * driven + parkedDay * still + pings * PING_BYTES + connects)) / 1e6
      const codec8Parked = CODEC8_RECORD + CODEC8_PACKET + CODEC8_ANSWER + EXCHANGE_OVERHEAD
      const resumed = line.resumedBytes
      // An hour of a parked car is one message and, by pings of 20 minutes, two of these.
      const months = {
        batch60: month(at10(60), parkedHourly, 2 * (24 - HOURS_DRIVEN), resumed),
        fourConnects: month(at10(60), parkedHourly, 2 * (24 - HOURS_DRIVEN), RECONNECTS_PER_DAY * resumed),
        notResumed: month(at10(60), parkedHourly, 2 * (24 - HOURS_DRIVEN), RECONNECTS_PER_DAY * line.handshakeBytes),
        pingsAt5Min: month(at10(60), parkedHourly, 11 * (24 - HOURS_DRIVEN), resumed),
        batch6: month(at10(6), parkedAlone, 0, resumed),
        batch1: month(at10(1), parkedAlone, 0, resumed),
        json1: month(
          at10(1, ({ jsonWire }) => jsonWire),
          parkedJson,
          0,
          resumed,
        ),
        codec8: month(
          at10(1, ({ codec8Wire }) => codec8Wire),
          codec8Parked,
          0,
          0,
        ),
      }
      print(
        table([
          ['a car-month: 2 h a day at 10 s, parked at 10 min', 'MB'],
          ['compact, messages of 60, parked ones hourly, a ping in 20 min, 1 connection a day', months.batch60],
          [`the same, ${RECONNECTS_PER_DAY} connections a day`, months.fourConnects],
          [`the same, ${RECONNECTS_PER_DAY} connections a day, none of them resumed`, months.notResumed],
          ['the first, behind a NAT of 5 min', months.pingsAt5Min],
          ['compact, messages of 6 (a minute late), parked ones at once', months.batch6],
          ['compact, every position at once', months.batch1],
          ['JSON, every position at once', months.json1],
          ['Codec 8, every position at once, no TLS, no keep-alive, no connections', months.codec8],
          ['one connection, resumed, in a month', (DAYS * resumed) / 1e6],
          ['one connection, with certificates, in a month', (DAYS * line.handshakeBytes) / 1e6],
        ]),
      )
      const full = rows.filter(({ batch }) => batch === 60)
      const over = full.flatMap(({ name, everyS, payload, wire }) => [
        ...(payload > GOAL_BYTES ? [`${name} at ${everyS} s: ${payload.toFixed(2)} B a position`] : []),
        ...(wire > GOAL_WIRE_BYTES ? [`${name} at ${everyS} s: ${wire.toFixed(2)} B on the wire`] : []),
      ])
      if (months.batch60 > GOAL_MONTH_MB) over.push(`a car-month takes ${months.batch60.toFixed(2)} MB`)
      return {
        unit: 'payload bytes a position, batch of 60 (ratio: own ÷ Codec 8)',
        pairs: full.length,
        own: spread(full.map(({ payload }) => payload)),
        peer: spread(full.map(({ codec8 }) => codec8)),
        ratio: spread(full.map(({ payload, codec8 }) => payload / codec8)),
        void: over.length === 0 ? null : over.join('; '),
        more: {
          monthsMb: months,
          handshakeBytes: line.handshakeBytes,
          resumedBytes: line.resumedBytes,
          parkedWireBytes: { alone: parkedAlone, hourly: parkedHourly },
          jsonPayload: spread(full.map(({ json }) => json)),
        },
      }
    } finally {
      await line.close()
      rmSync(dir, { recursive: true, force: true })
    }
  },
}
