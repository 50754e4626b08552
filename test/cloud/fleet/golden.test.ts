import { expect, test } from 'vitest'
import { GatewayId, VehicleId } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import type { Gateway } from '../../../cloud/fleet/gateway-registry.ts'
import { troublesOf } from '../../../cloud/fleet/gateway-trouble.ts'
import { differencesOf, type GoldenSetup, type Reported } from '../../../cloud/fleet/golden.ts'

const HASH = 'a'.repeat(64)
const golden: GoldenSetup = {
  software: '0.2.0',
  profiles: { 'waveshare-relay-8ch': { revision: 3, hash: HASH } },
  settings: { sampling: { movingMs: 1000, parkedMs: 60_000 } },
}
const good: Reported = {
  software: '0.2.0',
  profiles: new Map([['waveshare-relay-8ch', { revision: 3, hash: HASH }]]),
  document: { sampling: { parkedMs: 60_000, movingMs: 1000 }, devices: [] },
}

test.each<{ name: string; reported: Reported; what: readonly string[] }>([
  { name: 'all as it should be, its words in another order', reported: good, what: [] },
  { name: 'other software', reported: { ...good, software: '0.1.0' }, what: ['software'] },
  {
    name: 'an older profile',
    reported: { ...good, profiles: new Map([['waveshare-relay-8ch', { revision: 2, hash: HASH }]]) },
    what: ['profile waveshare-relay-8ch'],
  },
  {
    name: 'the same revision in other words',
    reported: { ...good, profiles: new Map([['waveshare-relay-8ch', { revision: 3, hash: 'b'.repeat(64) }]]) },
    what: ['profile waveshare-relay-8ch'],
  },
  { name: 'another relay altogether', reported: { ...good, profiles: new Map() }, what: [] },
  { name: 'other sampling', reported: { ...good, document: { sampling: { movingMs: 1 } } }, what: ['sampling'] },
  { name: 'no sampling', reported: { ...good, document: {} }, what: ['sampling'] },
  { name: 'nothing told yet', reported: { software: null, profiles: undefined, document: undefined }, what: [] },
])('drift: $name', ({ reported, what }) => {
  expect(differencesOf(golden, reported).map((one) => one.what)).toEqual(what)
})

const NOW = epochMs(Date.UTC(2026, 10, 22))
const DAY = 86_400_000
const well: Gateway = {
  id: GatewayId.parse('gw-abcdefgh'),
  vehicleId: VehicleId.parse('3b9f2f5e-6f43-4f5e-8d52-0d5b5f4d2a11'),
  state: 'active',
  sealed: { at: NOW, by: 'technician' },
  online: true,
  statusAt: NOW,
  software: '0.2.0',
  passwordHash: null,
  certificateExpiresAt: epochMs(NOW + 60 * DAY),
}
test.each<{ change: Partial<Gateway>; kinds: readonly string[] }>([
  { change: {}, kinds: [] },
  { change: { state: 'claimable' }, kinds: ['not-claimed'] },
  { change: { state: 'revoked', sealed: null }, kinds: [] },
  { change: { sealed: null }, kinds: ['not-sealed'] },
  { change: { online: false, statusAt: epochMs(NOW - 3 * DAY) }, kinds: ['offline'] },
  { change: { online: false, statusAt: epochMs(NOW - DAY / 2) }, kinds: [] },
  { change: { online: null }, kinds: ['never-seen'] },
  { change: { certificateExpiresAt: epochMs(NOW + 10 * DAY) }, kinds: ['certificate-ends'] },
  { change: { certificateExpiresAt: NOW }, kinds: ['certificate-ended'] },
])('what a person should see to: $change', ({ change, kinds }) => {
  expect(troublesOf({ ...well, ...change }, [], NOW).map(({ kind }) => kind)).toEqual(kinds)
})
