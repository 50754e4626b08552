import { expect, test } from 'vitest'
import { Installation } from '#contract/installation.ts'
import { wiringMistakes } from '../../../edge/interlock/wiring.ts'
import { loadProfiles } from '../../../edge/profile/profile-store.ts'

const profiles = loadProfiles(new URL('../../../device-profiles', import.meta.url).pathname)
const board = profiles.find(({ id }) => id === 'waveshare-relay-8ch')
const latching = profiles.map((profile) =>
  profile === board && board.relay !== undefined
    ? { ...board, relay: { ...board.relay, kind: 'latching' as const, onPowerLoss: 'kept' as const } }
    : profile,
)
const silent = profiles.map((profile) => {
  const { relay: _unsaid, ...rest } = profile
  return rest
})
const installed = (immobilizer: object): Installation =>
  Installation.parse({
    schema: 'kordon-installation/1',
    version: 1,
    vehicleId: '3b9f2f5e-6f43-4f5e-8d52-0d5b5f4d2a11',
    devices: [{ id: 'relay', profile: 'waveshare-relay-8ch', port: { kind: 'modbusTcp', host: 'x', port: 1 } }],
    immobilizer: { device: 'relay', ...immobilizer },
  })

test('left unsaid, it is the starter circuit and the normally-closed contact', () => {
  expect(installed({}).immobilizer).toEqual({ device: 'relay', circuit: 'starter', contact: 'normally-closed' })
})

test.each([
  { name: 'the default', immobilizer: {}, known: profiles, says: undefined },
  {
    name: 'a running circuit, normally closed',
    immobilizer: { circuit: 'fuel-pump' },
    known: profiles,
    says: undefined,
  },
  {
    name: 'normally open on the starter',
    immobilizer: { contact: 'normally-open' },
    known: profiles,
    says: /starter circuit: a normally-open contact .* dead gateway would block the vehicle; wire the normally-closed/,
  },
  {
    name: 'normally open on the fuel pump',
    immobilizer: { circuit: 'fuel-pump', contact: 'normally-open' },
    known: profiles,
    says: /dead gateway would stop the engine/,
  },
  { name: 'a latching relay', immobilizer: {}, known: latching, says: /keeps the vehicle blocked without power/ },
  { name: 'a relay of unknown manners', immobilizer: {}, known: silent, says: /relay\.onPowerLoss/ },
  { name: 'a relay that is not there', immobilizer: { device: 'other' }, known: profiles, says: /no such device/ },
])('$name', ({ immobilizer, known, says }) => {
  const mistakes = wiringMistakes(installed(immobilizer), known)
  if (says === undefined) expect(mistakes).toEqual([])
  else expect(mistakes).toEqual([expect.stringMatching(says)])
})

test('every shipped profile that can block says what it does without power, and falls free', () => {
  const able = profiles.filter(({ actions }) => actions !== undefined)
  expect(able.length).toBeGreaterThan(0)
  expect(able.filter(({ relay }) => relay?.onPowerLoss !== 'released').map(({ id }) => id)).toEqual([])
})

test('where no immobilizer is installed nothing can be wired wrongly', () => {
  const { immobilizer: _none, ...rest } = installed({})
  expect(wiringMistakes(rest, profiles)).toEqual([])
})
