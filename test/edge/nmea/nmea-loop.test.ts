import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { DeviceId } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import { openTcpLink } from '../../../edge/modbus/byte-link-client.ts'
import { runNmeaLoop } from '../../../edge/nmea/nmea-loop.ts'
import { nmeaChecksum } from '../../../edge/nmea/nmea-sentence.ts'
import { loadProfiles } from '../../../edge/profile/profile-store.ts'
import type { Reading } from '../../../edge/profile/reading.ts'
import { createFakeLine, listenTcp, until } from '../../support/fake-modbus-line.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { silentLog } from '../../support/silent-log.ts'
import { systemClock } from '../../support/system-clock.ts'

const profile = loadProfiles(new URL('../../../device-profiles', import.meta.url).pathname).find(
  ({ id }) => id === 'generic-nmea-0183',
)
if (profile === undefined) throw new Error('no profile')
const device = DeviceId.parse('gps')
const notBefore = epochMs(Date.UTC(2009, 0, 1))
const line = (body: string): Uint8Array => Buffer.from(`$${body}*${nmeaChecksum(body)}\r\n`, 'latin1')
const moment = (second: number): Uint8Array => {
  const time = `2058${String(second).padStart(2, '0')}.000`
  return Buffer.concat([
    line(`GPRMC,${time},A,5545.07464,N,03737.10538,E,27.0,84.4,211126,,,A`),
    line(`GPGGA,${time},5545.07464,N,03737.10538,E,1,09,0.9,151.2,M,14.0,M,,`),
    line('GPGSA,A,3,02,04,07,09,11,16,20,23,27,,,,1.6,0.9,1.3'),
  ])
}

function bench() {
  const manual = createManualClock()
  // What was begun before the clock is turned gets to the point where it waits.
  const advance = (length: number) => manual.advance(0).then(() => manual.advance(length))
  const clock = { ...manual, advance }
  const far = createFakeLine()
  const told: (readonly Reading[])[] = []
  const stopping = new AbortController()
  const run = runNmeaLoop(
    {
      device,
      profile: profile ?? never(),
      open: far.open,
      clock,
      random: () => 0.5,
      log: silentLog,
      notBefore,
      onReadings: (one) => told.push(one),
    },
    stopping.signal,
  )
  const stop = async (): Promise<void> => {
    stopping.abort()
    await clock.advance(0)
    await run
  }
  return { clock, far, told, stop }
}
const never = (): never => {
  throw new Error('no profile')
}
const speedOf = (readings: readonly Reading[] | undefined) => readings?.find(({ name }) => name === 'speed')

describe('one moment of a receiver is told once', () => {
  test('when the line has been quiet, not only when the next second begins', async () => {
    const { clock, far, told, stop } = bench()
    await clock.advance(0)
    far.say(moment(35))
    await clock.advance(249)
    expect(told).toHaveLength(0)
    await clock.advance(1)
    expect(told).toHaveLength(1)
    expect(speedOf(told[0])).toMatchObject({ quality: 'good', value: expect.closeTo(50.004, 3) })
    await stop()
  })

  test('however the bytes are cut, and also when the next second follows at once', async () => {
    const { clock, far, told, stop } = bench()
    await clock.advance(0)
    for (const byte of Buffer.concat([moment(35), moment(36)])) far.say(Uint8Array.of(byte))
    await clock.advance(300)
    const times = told.map((readings) => readings.find(({ name }) => name === 'time')?.value)
    expect(times).toEqual([Date.UTC(2026, 10, 21, 20, 58, 35), Date.UTC(2026, 10, 21, 20, 58, 36)])
    await stop()
  })
})

test('a silent receiver is told once as timed out, and its line is opened anew after half a minute', async () => {
  const { clock, far, told, stop } = bench()
  await clock.advance(0)
  far.say(moment(35))
  await clock.advance(6000)
  expect(told).toHaveLength(2)
  expect(speedOf(told[1])).toMatchObject({ quality: 'bad', reason: 'timeout' })
  expect(speedOf(told[1])).not.toHaveProperty('value')
  await clock.advance(32_000)
  expect(far.openings()).toBe(2)
  await stop()
})

test('a lost line is told as offline and opened again at a growing pace', async () => {
  const { clock, far, told, stop } = bench()
  await clock.advance(0)
  far.refuseOpening(new Error('no route'))
  far.cut()
  await clock.advance(0)
  expect(speedOf(told.at(-1))).toMatchObject({ quality: 'bad', reason: 'offline' })
  await clock.advance(3100)
  expect(far.openings()).toBe(3)
  far.refuseOpening(undefined)
  await clock.advance(5000)
  far.say(moment(40))
  await clock.advance(300)
  expect(speedOf(told.at(-1))).toMatchObject({ quality: 'good' })
  await stop()
})

test('noise without an end of line does not fill the memory, and what follows is read', async () => {
  const { clock, far, told, stop } = bench()
  await clock.advance(0)
  for (let round = 0; round < 200; round += 1) far.say(new Uint8Array(1000).fill(0x55))
  far.say(Buffer.from('\r\n'))
  far.say(moment(35))
  await clock.advance(300)
  expect(told).toHaveLength(1)
  await stop()
})

test('over a real TCP connection: a recorded log gives its fixes, and the receiver may go and come', async () => {
  const recorded = readFileSync(new URL('../../data/nmea/bu353-glonass.log', import.meta.url))
  const server = await listenTcp((socket) => {
    socket.end(recorded)
  })
  const told: (readonly Reading[])[] = []
  const stopping = new AbortController()
  const run = runNmeaLoop(
    {
      device,
      profile: profile ?? never(),
      open: openTcpLink({ host: '127.0.0.1', port: server.port }),
      clock: systemClock,
      random: () => 0,
      log: silentLog,
      notBefore,
      onReadings: (one) => told.push(one),
    },
    stopping.signal,
  )
  await until(() => told.some((one) => speedOf(one)?.reason === 'offline'))
  const positions = told.flatMap((one) => one.filter(({ name, value }) => name === 'lat' && value !== undefined))
  expect(positions).toHaveLength(9)
  expect(positions[0]?.value).toBeCloseTo(55.6866, 3)
  await until(() => told.filter((one) => speedOf(one)?.reason === 'offline').length >= 2)
  stopping.abort()
  await run
  await server.close()
})
