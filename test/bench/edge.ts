import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { DeviceId } from '#contract/ids.ts'
import type { Installation } from '#contract/installation.ts'
import { createHardware, serialLatencyMs } from '../../demo/hardware.ts'
import { identify, nmeaInstallation, SERVICE_FLAGS, startGateway } from '../support/gateway-process.ts'
import { startJournal } from '../support/journal-process.ts'
import { freePort } from '../support/real-servers-process.ts'
import { recordedDrives } from '../support/recorded-frames.ts'
import { startRtuLine } from '../support/rtu-line.ts'
import { systemClock } from '../support/system-clock.ts'
import type { Bench, BenchResult } from './bench.ts'
import { median, spread, table } from './table.ts'

const CPU_LIMIT_PERCENT = 3
const MEMORY_LIMIT_MB = 90
const WARM_UP_MS = 20_000
const BEAT_MS = 10_000

const installation = (port: number): Installation => {
  const [gps, relay] = [DeviceId.parse('gps'), DeviceId.parse('relay')]
  const line = { kind: 'modbusRtuTcp', host: '127.0.0.1', port } as const
  return {
    ...nmeaInstallation(port),
    devices: [
      { id: gps, profile: 'ebyte-e108-d01', port: { ...line, unitId: 1 } },
      { id: relay, profile: 'waveshare-relay-8ch', port: { ...line, unitId: 2 } },
    ],
    ignition: { device: relay, reading: 'input1' },
    immobilizer: { device: relay, circuit: 'starter', contact: 'normally-closed' },
  }
}

/** The drive of Munich again and again, each fix at the second it is asked for. */
function driving() {
  const frames = recordedDrives('car-munich', 1000)[0]?.frames ?? []
  const from = Date.now()
  return () => {
    const second = Math.floor((Date.now() - from) / 1000)
    const { lat = 0, lon = 0, speedKmh = 0, headingDeg = 0 } = frames[second % frames.length] ?? {}
    return {
      at: systemClock.now(),
      position: { lat, lon },
      speedKmh,
      courseDeg: headingDeg,
      satellites: 9,
      hdop: 1,
      altitudeM: 520,
    }
  }
}

/** B14: what a gateway costs the computer it runs on, the built program as its service starts it. */
export const edge: Bench = {
  name: 'gateway',
  group: 'edge',
  about: 'B14: CPU and memory of a gateway with GPS at 1 Hz, inputs and relay at 2 Hz on one RTU line',
  run: async ({ full, print }): Promise<BenchResult> => {
    const dir = mkdtempSync(join(tmpdir(), 'kordon-bench-edge-'))
    const port = await freePort()
    const journal = await startJournal(join(dir, 'journal.sqlite'), port)
    const fixNow = driving()
    const { relayUnit, gpsUnit } = createHardware({
      fitting: 'gps-unit-and-relay',
      serial: '1106100000',
      coils: [],
      sensors: { fixNow, ignition: () => true, motion: () => true },
      clock: systemClock,
      switched: () => {},
    })
    const line = await startRtuLine(
      new Map([...(gpsUnit === undefined ? [] : [[1, gpsUnit] as const]), [2, relayUnit]]),
      serialLatencyMs,
    )
    const home = mkdtempSync(join(dir, 'gateway-'))
    identify(home, `mqtt://127.0.0.1:${port}`)
    const gateway = startGateway({ dir: home, installation: installation(line.port) })
    try {
      await pause(WARM_UP_MS)
      const [framesBefore, workBegan] = [journal.freshDelays([]).length, performance.now()]
      const beats: number[] = []
      const memory: number[] = []
      const [written, asked, began] = [gateway.writtenBytes(), line.requests(), performance.now()]
      for (let beat = 0; beat < (full ? 360 : 6); beat += 1) {
        const [cpu, at] = [gateway.cpuSeconds(), performance.now()]
        await pause(BEAT_MS)
        beats.push((100 * (gateway.cpuSeconds() - cpu)) / ((performance.now() - at) / 1000))
        memory.push(gateway.memoryMb().now)
      }
      const seconds = (performance.now() - began) / 1000
      const frames = journal.freshDelays([]).length - framesBefore
      const [cpu, rss] = [spread(beats), spread(memory)]
      const mbPerDay = ((gateway.writtenBytes() - written) / seconds) * (86_400 / 1e6)
      print(
        table([
          ['what', 'median', 'min', 'max', 'limit'],
          ['CPU, % of one core', cpu.median, cpu.min, cpu.max, CPU_LIMIT_PERCENT],
          ['RSS, MB', rss.median, rss.min, rss.max, MEMORY_LIMIT_MB],
          ['of it private (not the Node program itself), MB', gateway.memoryMb().anonymous, '', '', ''],
          ['RSS at its highest, start included, MB', gateway.memoryMb().peak, '', '', MEMORY_LIMIT_MB],
          ['requests on the line per s', (line.requests() - asked) / seconds, '', '', ''],
          ['written to disk, MB/day at 1 Hz', mbPerDay, '', '', ''],
          ['frames in the cloud journal', frames, '', '', ''],
        ]),
      )
      const { peak } = gateway.memoryMb()
      const expected = 0.9 * ((performance.now() - workBegan) / 1000 - 2)
      const over = [
        ...(median(beats) < CPU_LIMIT_PERCENT ? [] : [`CPU ${cpu.median.toFixed(2)} % is over ${CPU_LIMIT_PERCENT} %`]),
        ...(peak < MEMORY_LIMIT_MB ? [] : [`${peak.toFixed(0)} MB is over ${MEMORY_LIMIT_MB} MB`]),
        ...(frames > expected ? [] : [`only ${frames} frames arrived: the gateway did not do its work`]),
      ]
      return {
        unit: '% of one core',
        pairs: 0,
        own: cpu,
        peer: null,
        ratio: null,
        stored: frames,
        void: over.length === 0 ? null : over.join('; '),
        more: {
          seconds,
          rssMb: rss,
          peakMb: gateway.memoryMb().peak,
          privateMb: gateway.memoryMb().anonymous,
          mbPerDay,
          flags: SERVICE_FLAGS,
        },
      }
    } finally {
      await gateway.stop()
      await line.close()
      await journal.stop()
      rmSync(dir, { recursive: true, force: true })
    }
  },
}
