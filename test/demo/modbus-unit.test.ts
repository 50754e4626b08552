import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { epochMs } from '../../contract/instant.ts'
import { createGpsUnit, gpsWords } from '../../demo/gps-unit.ts'
import { createModbusDevice } from '../../demo/modbus-device-client.ts'
import { floatWords, longWords, replyTo, textWords } from '../../demo/modbus-unit.ts'
import { createRelayUnit } from '../../demo/relay-unit.ts'
import { createRouterUnit } from '../../demo/router-unit.ts'
import { createManualClock } from '../support/manual-clock.ts'

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex')
const at = (text: string) => epochMs(Date.parse(text))

/** The fixture of the device notes: what a real unit answered to `01 03 00 C8 00 11`, without address and CRC. */
const CAPTURED =
  '03 22 00 01 07 E6 00 04 00 16 00 01 00 34 00 31 00 45 42 CF DE 84 00 4E 41 F6 2A A7 00 00 00 00 00 00 00 00'
const CAPTURED_FIX = {
  at: at('2022-04-22T01:52:49Z'),
  position: { lat: 30.770826, lon: 103.934601 },
  speedKmh: 0,
  courseDeg: 0,
  satellites: 8,
  hdop: 1,
  altitudeM: 0,
}

test('the GPS unit answers its one poll with the very bytes of the captured device', () => {
  const reply = replyTo(
    createGpsUnit(() => CAPTURED_FIX),
    bytes('03 00 C8 00 11'),
  )
  expect(hex(reply)).toBe(bytes(CAPTURED).reduce((text, byte) => text + byte.toString(16).padStart(2, '0'), ''))
})

test('without a fix the GPS unit says invalid, and west and south have their letters', () => {
  expect(gpsWords(undefined).every((word) => word === 0)).toBe(true)
  const words = gpsWords({ ...CAPTURED_FIX, position: { lat: -33.5, lon: -70.5 }, speedKmh: 18.52 })
  expect([words[7], words[10], ...words.slice(13, 15)]).toEqual([0x57, 0x53, ...floatWords(10)])
})

test.each([
  { name: 'read of 8 relays', request: '01 00 00 00 08', reply: '010101' },
  { name: 'read of 8 inputs', request: '02 00 00 00 08', reply: '020102' },
  { name: 'relay 2 on', request: '05 00 02 FF 00', reply: '050002ff00' },
  { name: 'relay 0 off', request: '05 00 00 00 00', reply: '0500000000' },
  { name: 'an illegal coil value', request: '05 00 00 12 34', reply: '8503' },
  { name: 'a coil that is not there', request: '05 00 FF FF 00', reply: '8502' },
  { name: 'a read past the end', request: '01 00 04 00 08', reply: '8102' },
  { name: 'a read of nothing', request: '01 00 00 00 00', reply: '8103' },
  { name: 'software version', request: '03 80 00 00 01', reply: '030200c8' },
  { name: 'a function it lacks', request: '0F 00 00 00 08 01 FF', reply: '8f01' },
  { name: 'a cut request', request: '05 00', reply: '8503' },
])('the relay board answers $name', ({ request, reply }) => {
  const switched: boolean[][] = []
  const board = createRelayUnit(
    [true, ...Array.from({ length: 7 }, () => false)],
    (channel) => channel === 1,
    (coils) => switched.push([...coils]),
  )
  expect(hex(replyTo(board, bytes(request)))).toBe(reply)
  expect(switched.length).toBe(request.startsWith('05 00 02') || request.startsWith('05 00 00 00') ? 1 : 0)
})

const router = (ignition: boolean) =>
  createRouterUnit(
    {
      serial: '1106123456',
      fixNow: () => ({ ...CAPTURED_FIX, position: { lat: 55.751244, lon: 37.618423 }, speedKmh: 41.6 }),
      ignition: () => ignition,
      motion: () => true,
      uptimeS: () => 99,
      nowMs: () => at('2022-04-22T01:52:50Z'),
      switched: () => {},
    },
    0,
  )

test.each([
  { name: 'position, the ABCD vector of the device notes', request: '03 00 8F 00 04', reply: '0308425f014642167944' },
  { name: 'vibration sensor on DIN1', request: '03 00 87 00 02', reply: '030400000001' },
  { name: 'ignition input', request: '03 00 89 00 02', reply: '030400000001' },
  { name: 'speed in whole km/h', request: '03 00 B3 00 02', reply: '03040000002a' },
  { name: 'relay output', request: '03 00 CA 00 01', reply: '03020000' },
  { name: 'relay output on', request: '06 00 CA 00 01', reply: '0600ca0001' },
  { name: 'a write to Wi-Fi, one digit off', request: '06 00 CB 00 00', reply: '8602' },
  { name: 'a relay value it lacks', request: '06 00 CA 00 02', reply: '8603' },
])('the router answers $name', ({ request, reply }) => {
  expect(hex(replyTo(router(true), bytes(request)))).toBe(reply)
})

test('all of the router up to 205 can be read in whole blocks, as the profile polls it', () => {
  expect(replyTo(router(false), bytes('03 00 87 00 44'))[0]).toBe(3)
  expect(hex(replyTo(router(false), bytes('03 00 27 00 05'))).slice(4)).toBe(Buffer.from('1106123456').toString('hex'))
  expect(hex(replyTo(router(false), bytes('03 00 93 00 07'))).slice(4, 30)).toBe(
    Buffer.from('1650592369000').toString('hex'),
  )
})

test('words of numbers and text', () => {
  expect([...longWords(-71), ...longWords(0x12345678)]).toEqual([0xffff, 0xffb9, 0x1234, 0x5678])
  expect(textWords('abc', 3)).toEqual([0x6162, 0x6300, 0])
})

test('the Modbus server answers split and joined requests in order, and stays silent for a unit that is not there', async () => {
  const clock = createManualClock()
  const units = new Map([
    [
      1,
      createRelayUnit(
        Array.from({ length: 8 }, () => false),
        () => false,
        () => {},
      ),
    ],
  ])
  const device = createModbusDevice({ units, clock, host: '127.0.0.1', port: 0, latencyMs: () => 0 })
  const socket = connect(await device.listen(), '127.0.0.1')
  try {
    const received: Buffer[] = []
    const enough = new Promise<void>((done) =>
      socket.on('data', (data: Buffer) => {
        received.push(data)
        if (Buffer.concat(received).length >= 22) done()
      }),
    )
    socket.write(bytes('00 07 00 00 00 06 01 05 00'))
    socket.write(bytes('00 FF 00 00 08 00 00 00 06 63 01 00 00 00 08 00 09 00 00 00 06 01 01 00 00 00 08'))
    const turning = setInterval(() => void clock.advance(1), 1)
    await enough
    clearInterval(turning)
    expect(hex(Buffer.concat(received))).toBe('0007000000060105' + '0000ff00' + '00090000000401010101')
  } finally {
    socket.destroy()
    await device.close()
  }
})
