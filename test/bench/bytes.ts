import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Frame } from '#contract/frame.ts'
import { Seq, StreamId } from '#contract/ids.ts'
import { millis, minutes } from '#contract/instant.ts'
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
/** TCP and IP around every segment, estimated; an exchange is a segment each way and the bare ACK of the second. */
const SEGMENT_OVERHEAD = 52
const SEGMENT_BYTES = 1448
const EXCHANGE_OVERHEAD = 3 * SEGMENT_OVERHEAD
/** Codec 8, sparest record: 8 B time, 1 B priority, 15 B GNSS, 6 B of empty I/O; packet: preamble, length, counts, CRC. */
const CODEC8_RECORD = 30
const CODEC8_PACKET = 15
const CODEC8_ANSWER = 4
const MOST_MESSAGES = 300

type Ride = { readonly name: string; readonly everyS: number; readonly frames: readonly Frame[] }

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

function rides(): readonly Ride[] {
  const at = (drive: RecordedDrive | undefined, everyS: number): Ride[] =>
    drive === undefined ? [] : [{ name: drive.name, everyS, frames: thinnedTo(drive.frames, everyS * 1000) }]
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
    credentials: { checkPassword: async () => false, isRevoked: () => false, certificateCounts: () => true },
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
            payload: sum(compact) / count,
            place: sum(messagesOf(frames.map(withoutSlow), batch, streamOf(stream), 'compact')) / count,
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
      const parkedWire = (await line.send(messagesOf(parked, 1, streamOf(9000), 'compact'))) / 60
      const parkedJson = (await line.send(messagesOf(parked, 1, streamOf(9001), 'json'))) / 60
      const parkedDay = (24 - HOURS_DRIVEN) * 6
      const drivenDay = HOURS_DRIVEN * 360
      const connects = RECONNECTS_PER_DAY * line.handshakeBytes
      const month = (driven: number, still: number, pings: number, more = connects): number =>
        (DAYS * (drivenDay * driven + parkedDay * still + pings * PING_BYTES + more)) / 1e6
      const at10 = (batch: number) => rows.find((row) => row.everyS === 10 && row.batch === batch)
      const codec8Parked = CODEC8_RECORD + CODEC8_PACKET + CODEC8_ANSWER + EXCHANGE_OVERHEAD
      const months = {
        batch60: month(at10(60)?.wire ?? Number.NaN, parkedWire, 0),
        batch6: month(at10(6)?.wire ?? Number.NaN, parkedWire, 0),
        batch1: month(at10(1)?.wire ?? Number.NaN, parkedWire, 0),
        pingsAt5Min: month(at10(60)?.wire ?? Number.NaN, parkedWire, parkedDay),
        json1: month(at10(1)?.jsonWire ?? Number.NaN, parkedJson, 0),
        codec8: month(at10(1)?.codec8Wire ?? Number.NaN, codec8Parked, 0, 0),
      }
      print(
        table([
          ['a car-month: 2 h a day at 10 s, parked at 10 min', 'MB'],
          ['compact, shared messages of 60', months.batch60],
          ['compact, shared messages of 6 (a minute late)', months.batch6],
          ['compact, every position at once', months.batch1],
          ['compact, messages of 60, and a ping between parked frames (NAT of 5 min)', months.pingsAt5Min],
          ['JSON, every position at once', months.json1],
          ['Codec 8, every position at once, no TLS, no keep-alive', months.codec8],
          [`of these, ${RECONNECTS_PER_DAY} connections a day with TLS (not in Codec 8)`, (DAYS * connects) / 1e6],
        ]),
      )
      const full = rows.filter(({ batch }) => batch === 60)
      const recorded = full.filter(({ name }) => !name.includes('synthetic') && !name.includes('liverpool'))
      const over = recorded.filter(({ place }) => place > GOAL_BYTES + 0.05)
      return {
        unit: 'payload bytes a position, batch of 60 (ratio: own ÷ Codec 8)',
        pairs: full.length,
        own: spread(full.map(({ payload }) => payload)),
        peer: spread(full.map(({ codec8 }) => codec8)),
        ratio: spread(full.map(({ payload, codec8 }) => payload / codec8)),
        void:
          over.length === 0
            ? null
            : over
                .map(({ name, everyS, place }) => `${name} at ${everyS} s: ${place.toFixed(2)} B a position`)
                .join('; '),
        more: {
          monthsMb: months,
          handshakeBytes: line.handshakeBytes,
          resumedBytes: line.resumedBytes,
          parkedWireBytes: parkedWire,
          jsonPayload: spread(full.map(({ json }) => json)),
        },
      }
    } finally {
      await line.close()
      rmSync(dir, { recursive: true, force: true })
    }
  },
}
