import { expect, test } from 'vitest'
import { canonicalText } from '#contract/canonical-text.ts'
import { Configuration, installationOf } from '#contract/configuration.ts'
import { Installation } from '#contract/installation.ts'
import { applyWait } from '../../../edge/configuration/applicable.ts'
import {
  confirmed,
  firstMemory,
  judgeDocument,
  onTrial,
  rolledBack,
  withLocal,
} from '../../../edge/configuration/configuration.ts'
import { mistakesOfInstallation, readDocument } from '../../../edge/configuration/document.ts'
import { IDLE } from '../../../edge/gateway.ts'
import { loadProfiles } from '../../../edge/profile/profile-store.ts'
import { GATEWAY, VEHICLE } from '../../support/edge-rig.ts'

const profiles = loadProfiles(new URL('../../../device-profiles', import.meta.url).pathname)
const [H0, H1, H2, H3] = ['0', '1', '2', '3'].map((digit) => digit.repeat(64)) as [string, string, string, string]
const parts = {
  vehicleId: VEHICLE,
  devices: [
    { id: 'gps', profile: 'ebyte-e108-d01', port: { kind: 'modbusTcp', host: '10.0.0.2', port: 502, unitId: 1 } },
    {
      id: 'relay',
      profile: 'waveshare-relay-8ch',
      port: { kind: 'modbusTcp', host: '10.0.0.3', port: 502, unitId: 1 },
    },
  ],
  ignition: { device: 'relay', reading: 'input1' },
  immobilizer: { device: 'relay', circuit: 'starter', contact: 'normally-closed' },
}
const local = Installation.parse({ schema: 'kordon-installation/1', version: 1, ...parts })
const documentOf = (more: object = {}) => ({
  schema: 'kordon-configuration/1',
  version: 2,
  aud: GATEWAY,
  issuedAt: 1_795_289_123_456,
  ...parts,
  ...more,
})
const document = Configuration.parse(documentOf())
const own = { gatewayId: GATEWAY, vehicleId: VEHICLE }
const first = firstMemory(local, H0)
const waiting = { ...first, waiting: { hash: H2, document } }

test('the order of keys and left-out members change no hash', () => {
  expect(canonicalText({ b: [1, { d: 2, c: undefined }], a: 'x' })).toBe('{"a":"x","b":[1,{"d":2}]}')
})

test.each([
  { name: 'newer, for us', memory: first, change: {}, expected: { judgement: 'take' } },
  {
    name: 'the version that is applied',
    memory: first,
    change: { version: 1 },
    expected: { judgement: 'refuse', errors: ['version: 1 is not above 1, which is applied'] },
  },
  { name: 'newer than what waits', memory: waiting, change: { version: 3 }, expected: { judgement: 'take' } },
  {
    name: 'no newer than what waits',
    memory: waiting,
    change: { issuedAt: 1 },
    expected: { judgement: 'refuse', errors: ['version: 2 is not above 2, which waits'] },
  },
  {
    name: 'of another gateway and vehicle',
    memory: first,
    change: { aud: 'gw-otherother', vehicleId: '3b9f2f5e-6f43-4f5e-8d52-0d5b5f4d2a12' },
    expected: {
      judgement: 'refuse',
      errors: ['aud: it is for gw-otherother', `vehicleId: this gateway is in vehicle ${VEHICLE}`],
    },
  },
  {
    name: 'one rolled back before, come again',
    memory: { ...first, refused: { version: 2, hash: H1 } },
    change: {},
    expected: { judgement: 'known' },
  },
  {
    name: 'over an override, reconciled by nobody',
    memory: { ...first, override: { version: 1, hash: H3 } },
    change: {},
    expected: {
      judgement: 'refuse',
      errors: [`reconciles: a technician has changed the configuration at the vehicle (${H3})`],
    },
  },
  {
    name: 'over an override, reconciled',
    memory: { ...first, override: { version: 1, hash: H3 } },
    change: { reconciles: H3 },
    expected: { judgement: 'take' },
  },
])('a document $name → $expected.judgement', ({ memory, change, expected }) => {
  expect(judgeDocument(memory, Configuration.parse(documentOf(change)), H1, own)).toEqual(expected)
})

test('applied it is on trial; taken back, the last good one is in force and it is not tried again', () => {
  const trial = onTrial(waiting, installationOf(document))
  expect(trial).toMatchObject({
    inForce: { version: 2, source: 'cloud', hash: H2 },
    lastGood: { version: 1, hash: H0 },
  })
  const back = rolledBack(trial)
  expect(back).toMatchObject({ inForce: { version: 1, hash: H0 }, refused: { version: 2, hash: H2 } })
  expect(judgeDocument(back, document, H2 as never, own)).toEqual({ judgement: 'known' })
  expect(confirmed(trial).lastGood).toBeUndefined()
})

test('the technician’s change is in force at once; over a signed document it is an override with that document’s number', () => {
  expect(withLocal(first, local, H0 as never)).toMatchObject({ change: 'none' })
  expect(withLocal(first, local, H1 as never)).toMatchObject({ change: 'local', memory: { inForce: { hash: H1 } } })
  const signed = confirmed(onTrial(waiting, installationOf(document)))
  expect(withLocal(signed, local, H1 as never)).toMatchObject({
    change: 'override',
    memory: { inForce: { source: 'local', version: 2, hash: H1 }, override: { hash: H1 } },
  })
})

test.each([
  { name: 'an order is open', status: { work: 'waiting' }, expected: 'order-open' },
  { name: 'ignition is on', status: { ignition: true }, expected: 'ignition-on' },
  { name: 'ignition is not known', status: {}, expected: 'ignition-unknown' },
  { name: 'the car rolls', status: { ignition: false, speedKmh: 9 }, expected: 'ignition-on' },
  { name: 'the link is away', status: { ignition: false, uplink: 'away' }, expected: 'uplink-away' },
  {
    name: 'the relay is open and would be driven otherwise',
    status: { ignition: false, relay: 'open' },
    wiring: 'other',
    expected: 'relay-open',
  },
  {
    name: 'the relay is open and stays as it is driven',
    status: { ignition: false, relay: 'open' },
    expected: undefined,
  },
  { name: 'parked and connected', status: { ignition: false }, expected: undefined },
] as const)('while $name a document waits for $expected', ({ status, expected, ...more }) => {
  const { ignition, speedKmh, ...rest } = { ignition: undefined, speedKmh: undefined, ...status }
  const lastFrame = {
    kind: 'frame' as const,
    readAt: document.issuedAt,
    timeQuality: 'ntp' as const,
    fix: 'none' as const,
    gnssTrust: 'ok' as const,
    relay: 'closed' as const,
    ...(ignition === undefined ? {} : { ignition }),
    ...(speedKmh === undefined ? {} : { speedKmh }),
  }
  const seen = { ...IDLE, uplink: 'connected' as const, ...rest, lastFrame, ignitionInstalled: true }
  expect(applyWait(seen, 'wiring' in more ? more.wiring : 'same')).toBe(expected)
})

test('every wrong key is named, not the first only; a state of the relay is one of them', async () => {
  const wrong = documentOf({
    relay: 'open',
    sealed: { at: '2026-11-01T09:00:00Z', by: 'x' },
    sampling: { movingMs: 5, parkedMs: 60_000, fast: 1 },
  })
  const read = await readDocument(new TextEncoder().encode('jws'), async () =>
    new TextEncoder().encode(JSON.stringify(wrong)),
  )
  expect(read).toMatchObject({ ok: false, reason: 'document', version: 2 })
  const errors = 'errors' in read ? read.errors : []
  for (const key of ['relay', 'sealed', 'sampling.movingMs', 'sampling.fast'])
    expect(errors.some((error) => error.startsWith(`${key}:`))).toBe(true)
})

test('devices, readings and profiles that are not there are all named', () => {
  const broken = Installation.parse({
    ...local,
    devices: [...local.devices, { ...local.devices[0], profile: 'nobody-nothing' }],
    ignition: { device: 'relay', reading: 'input99' },
    motion: { device: 'shaker', reading: 'input1' },
    immobilizer: { ...local.immobilizer, device: 'gps' },
  })
  expect(mistakesOfInstallation(broken, profiles)).toEqual([
    'devices: there are two named gps',
    'devices.2.profile: there is no profile nobody-nothing',
    'ignition.reading: profile waveshare-relay-8ch has no reading input99',
    'motion.device: there is no device shaker',
    'immobilizer.device: profile ebyte-e108-d01 drives no relay',
  ])
})
