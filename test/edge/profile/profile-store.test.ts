// Long on purpose: one table with a row for each kind of mistake, read from top to bottom by whoever adds one.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { DeviceId } from '#contract/ids.ts'
import { createProfileShelf, loadProfiles, ProfileError } from '../../../edge/profile/profile-store.ts'
import { parseProfile } from '../../../edge/profile/profile-text.ts'

const shipped = new URL('../../../device-profiles/', import.meta.url)
const router = readFileSync(new URL('teltonika-rut955.yaml', shipped), 'utf8')
const board = readFileSync(new URL('waveshare-relay-8ch.yaml', shipped), 'utf8')
const receiver = readFileSync(new URL('generic-nmea-0183.yaml', shipped), 'utf8')

const folders: string[] = []
const folderWith = (files: Readonly<Record<string, string>>): string => {
  const folder = mkdtempSync(join(tmpdir(), 'kordon-profiles-'))
  folders.push(folder)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

/** The text with one change in it, and the line on which the changed text stands. */
function changed(text: string, from: string | RegExp, to: string): { readonly text: string; readonly line: number } {
  const at = text.search(typeof from === 'string' ? from.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&') : from)
  if (at < 0) throw new Error(`not in the profile: ${from}`)
  return { text: text.replace(from, to), line: text.slice(0, at).split('\n').length }
}

const shelly = readFileSync(new URL('shelly-gen2.yaml', shipped), 'utf8')
const dongle = readFileSync(new URL('wican-obd.yaml', shipped), 'utf8')
const gx = readFileSync(new URL('victron-gx-gps.yaml', shipped), 'utf8')

const rut = 'teltonika-rut955.yaml'
const wave = 'waveshare-relay-8ch.yaml'

test.each([
  {
    name: 'an unknown key',
    file: rut,
    text: router,
    from: 'revision: 1',
    to: 'revison: 1',
    reason: 'unknown key: revison; revision is one',
  },
  {
    name: 'an unknown key of a reading',
    file: rut,
    text: router,
    from: 'type: int32, unit: km/h',
    to: 'typ: int32, unit: km/h',
    reason: 'unknown key: typ; type is one',
  },
  {
    name: 'a word that is not a capability',
    file: rut,
    text: router,
    from: 'capability: relay.drive',
    to: 'capability: relay.drives',
    reason: /expected position\.lat, /,
  },
  {
    name: 'a number for a unit',
    file: rut,
    text: router,
    from: 'unit: km/h',
    to: 'unit: 7',
    reason: /expected km\/h, kn/,
  },
  { name: 'an address too high', file: rut, text: router, from: 'address: 143', to: 'address: 65536', reason: /65535/ },
  {
    name: 'a float that reaches beyond the end',
    file: rut,
    text: router,
    from: 'address: 143',
    to: 'address: 65535',
    reason: 'reaches beyond address 65535',
  },
  {
    name: 'a text without a length',
    file: rut,
    text: router,
    from: 'count: 16, type: asciiNumber',
    to: 'type: asciiNumber',
    at: /^ {2}fixTime:/m,
    reason: /needs a count/,
  },
  {
    name: 'a count that does not fit',
    file: rut,
    text: router,
    from: 'address: 179, type: int32',
    to: 'address: 179, count: 3, type: int32',
    reason: 'takes 2',
  },
  {
    name: 'more registers than the device gives',
    file: rut,
    text: router,
    from: 'maxRegisters: 125',
    to: 'maxRegisters: 8',
    at: /(?<=fixTime:\s+)\{/,
    reason: /16 registers, but maxRegisters is 8/,
  },
  {
    name: 'a group that is not there',
    file: rut,
    text: router,
    from: 'group: socket',
    to: 'group: sockets',
    reason: 'no such group: sockets',
  },
  {
    name: 'auto order without a range',
    file: rut,
    text: router,
    from: 'byteOrder: auto, range: [-90, 90]',
    to: 'byteOrder: auto',
    reason: /auto is for float32 with a range/,
  },
  {
    name: 'a range upside down',
    file: rut,
    text: router,
    from: 'range: [0, 300]',
    to: 'range: [300, 0]',
    reason: 'the lower limit comes first',
  },
  {
    name: 'a capability twice',
    file: rut,
    text: router,
    from: 'address: 135, type: int32, map: { 0: false, 1: true }',
    to: 'capability: ignition, address: 135, type: int32, map: { 0: false, 1: true }',
    at: /^ {2}ignition:/m,
    reason: /another reading is ignition already/,
  },
  {
    name: 'ignition that says on and off',
    file: rut,
    text: router,
    from: /(?<=address: 137, type: int32, map: )\{ 0: false/,
    to: '{ 0: "off"',
    reason: /ignition knows only true, false/,
  },
  {
    name: 'a rule about a reading that is not there',
    file: rut,
    text: router,
    from: 'advances: fixTime',
    to: 'advances: time',
    reason: 'no such reading: time',
  },
  {
    name: 'a rule about another reading',
    file: rut,
    text: router,
    from: 'advances: fixTime',
    to: 'advances: speed',
    reason: /position\.time/,
  },
  {
    name: 'a caveat about nothing',
    file: rut,
    text: router,
    from: 'readings: [speed]',
    to: 'readings: [sped]',
    reason: 'no such reading: sped',
  },
  {
    name: 'an experimental profile without a caveat',
    file: 'generic-nmea-0183.yaml',
    text: receiver.replace(/caveats:[\s\S]*?(?=transport:)/, ''),
    from: 'status: documented',
    to: 'status: experimental',
    reason: /says in a caveat/,
  },
  {
    name: 'free and blocked the same',
    file: rut,
    text: router,
    from: 'values: { free: 0, blocked: 1 }',
    to: 'values: { free: 1, blocked: 1 }',
    reason: 'free and blocked are the same value',
  },
  {
    name: 'a third word',
    file: rut,
    text: router,
    from: 'values: { free: 0, blocked: 1 }',
    to: 'values: { free: 0, blocked: 1, pulse: 2 }',
    reason: 'unknown key: pulse',
  },
  {
    name: 'a read-back that is not there',
    file: rut,
    text: router,
    from: 'readBack: { reading: drive',
    to: 'readBack: { reading: drives',
    reason: 'no such reading: drives',
  },
  {
    name: 'a read-back that is not a drive',
    file: rut,
    text: router,
    from: 'readBack: { reading: drive',
    to: 'readBack: { reading: ignition',
    at: /^ {2}ignition:/m,
    reason: /is read back/,
  },
  {
    name: 'a write to Wi-Fi',
    file: rut,
    text: router,
    from: 'write: { fc: 6, address: 202',
    to: 'write: { fc: 6, address: 203',
    reason: /deny-list of this profile forbids this write/,
  },
  {
    name: 'a toggle as blocked',
    file: wave,
    text: board,
    from: 'blocked: 0xFF00',
    to: 'blocked: 0x5500',
    reason: /function 5 writes 0x0000 or 0xFF00 only/,
  },
  {
    name: 'a write of many coils',
    file: wave,
    text: board,
    from: 'fc: 5, address: 0x0000',
    to: 'fc: 15, address: 0x0000',
    reason: 'expected 5, 6, 16',
  },
  {
    name: 'a coil as a number',
    file: wave,
    text: board,
    from: 'table: coil, address: 0x0001',
    to: 'table: coil, type: uint16, address: 0x0001',
    reason: 'a coil or discrete input is a bool',
  },
  {
    name: 'a register in a receiver of sentences',
    file: 'generic-nmea-0183.yaml',
    text: receiver,
    from: 'altitude: { field: altitude',
    to: 'altitude: { group: fast, address: 1',
    reason: /needs transport modbusTcp or modbusRtu/,
  },
  {
    name: 'a topic with a wildcard',
    file: 'shelly-gen2.yaml',
    text: shelly,
    from: 'topic: "status/input:0"',
    to: 'topic: "status/+"',
    reason: 'a topic has no wildcards and no spaces',
  },
  {
    name: 'a retained command',
    file: 'shelly-gen2.yaml',
    text: shelly,
    from: 'retain: false',
    to: 'retain: true',
    reason: 'expected false',
  },
  {
    name: 'a topic without MQTT',
    file: 'shelly-gen2.yaml',
    text: shelly.replace(/ {2}mqtt:\n.*\n.*\n.*\n/, '  gpsd: { port: 2947 }\n'),
    from: 'input: { topic',
    to: 'input: { topic',
    reason: 'a topic needs transport mqtt',
  },
  {
    name: 'a toggle as blocked, over MQTT',
    file: 'shelly-gen2.yaml',
    text: shelly,
    from: 'blocked: "on"',
    to: 'blocked: "toggle"',
    reason: 'the deny-list of this profile forbids this payload (blocked)',
  },
  {
    name: 'a command on the topic of the state',
    file: 'shelly-gen2.yaml',
    text: shelly,
    from: 'publish: { topic: "command/switch:0"',
    to: 'publish: { topic: "status/switch:0"',
    reason: 'the unit says this topic itself: a reading has it',
  },
  {
    name: 'a question on the command topic of the relay',
    file: 'shelly-gen2.yaml',
    text: shelly,
    from: '{ topic: command, payload: status_update',
    to: '{ topic: "command/switch:0", payload: status_update',
    reason: 'this is the command topic of the relay: only the immobilizer speaks there',
  },
  {
    name: 'a remote call as a question',
    file: 'shelly-gen2.yaml',
    text: shelly,
    from: '{ topic: command, payload: status_update',
    to: '{ topic: rpc, payload: status_update',
    reason: 'the deny-list of this profile forbids this',
  },
  {
    name: 'a member of a text',
    file: 'shelly-gen2.yaml',
    text: shelly,
    from: 'topic: online, type: text',
    to: 'topic: online, type: text, path: [a]',
    reason: 'a text has no members: path and when are for json',
  },
  {
    name: 'bytes of nothing',
    file: 'shelly-gen2.yaml',
    text: shelly,
    from: 'input: { topic: "status/input:0", path: [state]',
    to: 'input: { topic: "status/input:0", bytes: { at: 0, type: uint8 }',
    reason: 'absent and bytes are of a member: they need a path',
  },
  {
    name: 'a topic of the broker itself',
    file: 'shelly-gen2.yaml',
    text: shelly,
    from: 'topic: "status/input:0"',
    to: 'topic: "$SYS/input:0"',
    reason: 'topics that begin with $ are reserved by brokers',
  },
  {
    name: 'a prefix after more levels than there are',
    file: 'shelly-gen2.yaml',
    text: shelly.replace('qos: 1\n', 'qos: 1\n    prefixAt: 2\n'),
    from: 'topic: online',
    to: 'topic: online',
    reason: 'the prefix stands after 2 levels, but this topic has fewer',
  },
  {
    name: 'a CAN frame that is no question',
    file: 'wican-obd.yaml',
    text: dongle,
    from: '"id":2015,"dlc":8,"rtr":false,"extd":false,"data":[2,1,12',
    to: '"id":752,"dlc":8,"rtr":false,"extd":false,"data":[2,1,12',
    reason: /^on a CAN bus only OBD-II questions of mode 01 are asked/,
  },
  {
    name: 'a position that nothing makes new',
    file: 'victron-gx-gps.yaml',
    text: gx
      .replace(', rejectZero: true', '')
      .replace('capability: position.fix', 'map: { 0: none }')
      .replace('map: { 0: none, 1: 3d }, ', ''),
    from: 'position: { maxAgeMs',
    to: 'position: { maxAgeMs',
    reason: 'names no fix time that advances, so it needs a reading that is position.fix, or rejectZero',
  },
  {
    name: 'a file with another name',
    file: 'rut955.yaml',
    text: router,
    from: 'id: teltonika',
    to: 'id: teltonika',
    reason: 'the file is to be named teltonika-rut955.yaml',
  },
  {
    name: 'a key twice',
    file: rut,
    text: router,
    from: 'revision: 1',
    to: 'revision: 1\nrevision: 2',
    at: /(?<=revision: 1\n)revision: 2/,
    reason: 'this key stands twice in one place: leave one of them',
  },
  {
    name: 'a key with a capital too many',
    file: wave,
    text: board,
    from: 'everyMs: 60000',
    to: 'everyMS: 60000',
    reason: 'unknown key: everyMS; everyMs is one',
  },
  {
    name: 'a read-back under another name',
    file: wave,
    text: board,
    from: 'readBack:',
    to: 'readback:',
    reason: 'unknown key: readback; readBack is one',
  },
  {
    name: 'two actions in one',
    file: wave,
    text: board,
    from: '    readBack:',
    to: '    publish: { topic: a, qos: 1, retain: false, values: { free: a, blocked: b } }\n    readBack:',
    reason: 'publish does not go with the other keys here',
  },
  {
    name: 'on and off for free and blocked',
    file: wave,
    text: board,
    from: 'values: { free: 0x0000, blocked: 0xFF00 }',
    to: 'values: { off: 0x0000, on: 0xFF00 }',
    reason: 'is missing; expected a number',
  },
  {
    name: 'no source at all',
    file: rut,
    text: router,
    from: /sources:\n( .*\n)+/,
    to: 'sources: []\n',
    reason: 'at least 1 in the list',
  },
  {
    name: 'a day as people write it',
    file: wave,
    text: board,
    from: 'retrieved: 2026-11-21',
    to: 'retrieved: 21.11.2026',
    reason: 'a day is written 2026-11-21',
  },
  {
    name: 'a text for a number',
    file: rut,
    text: router,
    from: 'everyMs: 1000',
    to: 'everyMs: 1s',
    reason: 'expected a number, but this is a text',
  },
  {
    name: 'a bit that no word has',
    file: wave,
    text: board,
    from: 'address: 0x1000,',
    to: 'address: 0x1000, bit: 16,',
    reason: 'at most 15',
  },
  {
    name: 'a scale of nothing',
    file: rut,
    text: router,
    from: 'type: int32, unit: km/h',
    to: 'type: int32, scale: 0, unit: km/h',
    reason: 'makes 0 of every value',
  },
  {
    name: 'a speed in volts',
    file: rut,
    text: router,
    from: 'unit: km/h',
    to: 'unit: V',
    reason: 'position.speed comes in km/h, kn, m/s, mph',
  },
  {
    name: 'one relay twice',
    file: wave,
    text: board,
    from: 'address: 0x0001 }\n  relay3',
    to: 'address: 0x0000 }\n  relay3',
    reason: 'shares coil 0 with drive: one of the two addresses is wrong',
  },
  {
    name: 'a float that begins inside another',
    file: rut,
    text: router,
    from: 'address: 145',
    to: 'address: 144',
    reason: 'shares holding 143 to 144 with lat: one of the two addresses is wrong',
  },
  {
    name: 'a register written where a coil is read',
    file: wave,
    text: board,
    from: 'write: { fc: 5',
    to: 'write: { fc: 6',
    reason: /^function 6 writes a holding register, but a coil is read back/,
  },
  {
    name: 'a deny-list upside down',
    file: wave,
    text: board,
    from: 'addresses: [0x00FF, 0x04FF]',
    to: 'addresses: [0x04FF, 0x00FF]',
    reason: 'the lower address comes first',
  },
  {
    name: 'a relay that is released and keeps',
    file: wave,
    text: board,
    from: 'onPowerLoss: released',
    to: 'onPowerLoss: kept',
    reason: /^a monostable relay is released/,
  },
  {
    name: 'a baud rate that is none',
    file: wave,
    text: board,
    from: 'baud: 9600',
    to: 'baud: 9601',
    reason: /^9601 is no speed of serial ports/,
  },
  {
    name: 'an identity upside down',
    file: rut,
    text: router,
    from: 'length: [8, 12]',
    to: 'length: [12, 8]',
    reason: 'the lower limit comes first',
  },
  {
    name: 'half a place',
    file: rut,
    text: router,
    from: ', capability: position.lon',
    to: '',
    at: /^ {2}lat:/m,
    reason: 'a place takes both position.lat and position.lon',
  },
  {
    name: 'a receiver that may hang',
    file: rut,
    text: router,
    from: /freshness:.*\n( .*\n)*/,
    to: '',
    at: /^ {2}lat:/m,
    reason: /^a position needs freshness.position/,
  },
  {
    name: 'a placeholder in a topic',
    file: 'shelly-gen2.yaml',
    text: shelly,
    from: 'topic: "status/switch:0"',
    to: 'topic: "<prefix>/status/switch:0"',
    reason: /^stands here without the name of the unit/,
  },
  {
    name: 'a query for a path',
    file: 'shelly-gen2.yaml',
    text: shelly,
    from: 'path: [output]',
    to: 'path: ["$.output"]',
    reason: /^is a list of names/,
  },
  {
    name: 'a sentence that nobody knows',
    file: 'generic-nmea-0183.yaml',
    text: receiver,
    from: 'field: speed',
    to: 'field: sog',
    reason: /^expected lat, lon, time/,
  },
  { name: 'a tab', file: wave, text: board, from: '  io: {', to: '\tio: {', reason: 'a tab; YAML is set in by spaces' },
  {
    name: 'a colon in a bare value',
    file: 'shelly-gen2.yaml',
    text: shelly,
    from: '"status/switch:0"',
    to: 'status/switch: 0',
    reason: /^a colon with a blank after it/,
  },
  {
    name: 'nothing',
    file: rut,
    text: router,
    from: /[\s\S]*/,
    to: '',
    reason: 'expected keys and values, but this is nothing',
  },
  {
    name: 'a bracket left open',
    file: rut,
    text: router,
    from: 'range: [-90, 90]',
    to: 'range: [-90, 90',
    at: /^ {2}lat:/m,
    reason: /./,
  },
])('$name is named with its line', ({ file, text, from, to, reason, ...rest }) => {
  const broken = changed(text, from, to)
  const { mistakes } = parseProfile(broken.text, file)
  const at = 'at' in rest && rest.at !== undefined ? changed(broken.text, rest.at, '').line : broken.line
  const found = mistakes.map((one) => ({ line: one.line, reason: one.reason }))
  expect(found).toContainEqual({
    line: at,
    reason: typeof reason === 'string' ? reason : expect.stringMatching(reason),
  })
  expect(mistakes.every(({ column }) => column >= 1)).toBe(true)
})

test('a bracket left open is one mistake, not one for every word after it', () => {
  const { mistakes } = parseProfile(router.replace('range: [-90, 90]', 'range: [-90, 90'), rut)
  expect(mistakes).toHaveLength(1)
})

test('a missing key is named where it is missed', () => {
  const { mistakes } = parseProfile(router.replace('revision: 1\n', ''), rut)
  expect(mistakes).toEqual([expect.objectContaining({ path: 'revision', reason: 'is missing; expected a number' })])
})

test('every mistake of every file is told at once, and nothing is loaded', () => {
  const folder = folderWith({
    [rut]: router.replace('unit: km/h', 'unit: kmh').replace('revision: 1', 'revision: 0'),
    [wave]: board.replace('group: setup, address: 0x1000', 'group: setups, address: 0x1000'),
    'generic-nmea-0183.yaml': receiver,
  })
  let thrown: unknown
  try {
    loadProfiles(folder)
  } catch (cause) {
    thrown = cause
  }
  expect(thrown).toBeInstanceOf(ProfileError)
  if (!(thrown instanceof ProfileError)) return
  expect(thrown.mistakes.map(({ path }) => path)).toEqual(['revision', 'readings.speed.unit', 'readings.mode1.group'])
  expect(thrown.message).toContain(`${join(folder, wave)}:`)
})

test('sound profiles are loaded in the order of their names; other files are left alone', () => {
  const folder = folderWith({ [wave]: board, [rut]: router, 'readme.txt': 'no profile' })
  expect(loadProfiles(folder).map(({ id }) => id)).toEqual(['teltonika-rut955', 'waveshare-relay-8ch'])
})

const installed = (...ids: readonly string[]) => ({
  devices: ids.map((profile) => ({
    id: DeviceId.parse('one'),
    profile,
    port: { kind: 'modbusTcp' as const, host: 'a', port: 502 },
  })),
})

test('a gateway reads the profiles that its installation names, once, and no other file of the folder', () => {
  const folder = folderWith({ [rut]: router, [wave]: board, 'broken.yaml': ': [' })
  const profilesOf = createProfileShelf(folder)
  const [relay] = profilesOf(installed('waveshare-relay-8ch', 'waveshare-relay-8ch', 'unheard-of', '../secret'))
  expect(profilesOf(installed('teltonika-rut955', 'waveshare-relay-8ch')).map(({ id }) => id)).toEqual([
    'teltonika-rut955',
    'waveshare-relay-8ch',
  ])
  writeFileSync(join(folder, wave), 'changed while it runs')
  expect(profilesOf(installed('waveshare-relay-8ch'))[0]).toBe(relay)
  expect(() => createProfileShelf(folder)(installed('waveshare-relay-8ch'))).toThrow(`${wave}:1:1`)
  expect(() => profilesOf(installed('broken'))).toThrow(ProfileError)
})
