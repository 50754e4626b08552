import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { DeviceId } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import { createGpsdDecoder, WATCH } from '../../../edge/gpsd/gpsd-decoder.ts'
import { parseReport } from '../../../edge/gpsd/gpsd-report.ts'
import { openTcpLink } from '../../../edge/modbus/byte-link-client.ts'
import { runNmeaLoop } from '../../../edge/nmea/nmea-loop.ts'
import { loadProfiles } from '../../../edge/profile/profile-store.ts'
import type { Reading } from '../../../edge/profile/reading.ts'
import { listenTcp } from '../../support/fake-modbus-line.ts'
import { silentLog } from '../../support/silent-log.ts'
import { systemClock } from '../../support/system-clock.ts'
import { until } from '../../support/until.ts'

const profile = loadProfiles(new URL('../../../device-profiles', import.meta.url).pathname).find(
  ({ id }) => id === 'gpsd-json',
)
const reports = readFileSync(new URL('../../data/nmea/bu353-glonass.log.chk', import.meta.url), 'latin1')
  .split(/\r\n|\n|\r/)
  .filter((line) => line.startsWith('{'))

test('over TCP: asks for JSON, gives the fixes of a recording, and outlives a gpsd that goes and comes', async () => {
  if (profile === undefined) throw new Error('no profile')
  const watched: string[] = []
  const sockets: Socket[] = []
  const server = await listenTcp((socket) => {
    sockets.push(socket)
    socket.write('{"class":"VERSION","release":"3.25","proto_major":3,"proto_minor":15}\r\n')
    socket.on('data', (bytes: Buffer) => {
      watched.push(bytes.toString())
      // In pieces, as TCP likes it.
      const text = `${reports.join('\r\n')}\r\n`
      for (let at = 0; at < text.length; at += 700) socket.write(text.slice(at, at + 700))
    })
  })
  const looks: (readonly Reading[])[] = []
  const stop = new AbortController()
  const done = runNmeaLoop(
    {
      device: DeviceId.parse('gps'),
      profile,
      open: openTcpLink({ host: '127.0.0.1', port: server.port }),
      clock: systemClock,
      random: () => 0,
      log: silentLog,
      notBefore: epochMs(Date.UTC(2014, 0, 1)),
      onReadings: (readings) => looks.push(readings),
      speech: { decoder: createGpsdDecoder, greeting: WATCH },
    },
    stop.signal,
  )
  const good = (): number =>
    looks.filter((readings) => readings.some(({ name, quality }) => name === 'fix' && quality === 'good')).length
  await until('the recording has been heard', () => good() >= 9)
  expect(watched).toEqual(['?WATCH={"enable":true,"json":true}\r\n'])
  sockets[0]?.destroy()
  await until('it is told as offline', () => looks.at(-1)?.every(({ reason }) => reason === 'offline') === true)
  const before = good()
  await until('it is heard again', () => good() > before)
  stop.abort()
  await done
  await server.close()
  const first = looks.find((readings) => readings.some(({ name, value }) => name === 'lat' && value !== undefined))
  expect(Object.fromEntries(first?.map(({ name, value }) => [name, value]) ?? [])).toMatchObject({
    lat: 55.686591667,
    lon: 37.621453333,
    time: Date.UTC(2014, 4, 26, 8, 14, 11),
    fix: '3d',
  })
})

test.each([
  { name: 'half a line', line: '{"class":"TPV","mode":3,"lat":55.7', report: 'damaged' },
  { name: 'no class', line: '{"mode":3}', report: 'damaged' },
  { name: 'a mode that there is not', line: '{"class":"TPV","mode":7}', report: 'damaged' },
  { name: 'a latitude beyond the pole', line: '{"class":"TPV","mode":3,"lat":91,"lon":0}', report: 'damaged' },
  { name: 'a number as a text', line: '{"class":"TPV","mode":3,"lat":"55","lon":0}', report: 'damaged' },
  { name: 'the watch itself', line: '{"class":"WATCH","enable":true}', report: 'other' },
  { name: 'a bare null', line: 'null', report: 'damaged' },
])('$name is $report', ({ line, report }) => {
  expect(parseReport(line).class).toBe(report)
})

test.each([
  { name: 'mode 1', report: { mode: 1, lat: 55.7, lon: 37.6 } },
  { name: 'mode 0', report: { mode: 0 } },
  { name: 'a simulator', report: { mode: 3, status: 8, lat: 55.7, lon: 37.6 } },
  { name: 'dead reckoning', report: { mode: 3, status: 5, lat: 55.7, lon: 37.6 } },
  { name: 'a fix without a place', report: { mode: 3, speed: 1 } },
])('$name is no fix, and gives no place', ({ report }) => {
  const decoder = createGpsdDecoder()
  decoder.take(JSON.stringify({ class: 'TPV', time: '2026-11-21T20:58:35.000Z', ...report }))
  const fix = decoder.finish()
  expect(fix?.fix).toBe('none')
  expect(fix).not.toHaveProperty('lat')
  expect(fix).not.toHaveProperty('speedKmh')
})

test('satellites told long ago are told no more', () => {
  const decoder = createGpsdDecoder()
  decoder.take('{"class":"SKY","uSat":9,"hdop":1}')
  const counts = Array.from({ length: 13 }, (_, second) => {
    const time = `2026-11-21T20:58:${String(10 + second)}.000Z`
    decoder.take(JSON.stringify({ class: 'TPV', mode: 3, time, lat: 55.7, lon: 37.6 }))
    return decoder.finish()?.satellites
  })
  expect(counts.slice(0, 11)).toEqual(Array.from({ length: 11 }, () => 9))
  expect(counts.slice(11)).toEqual([undefined, undefined])
})
