import { expect, test } from 'vitest'
import { Configuration, DocumentHash, installationOf } from '#contract/configuration.ts'
import type { GatewayEvent } from '#contract/event.ts'
import { Installation } from '#contract/installation.ts'
import { type ConfigurationMemory, firstMemory } from '../../../edge/configuration/configuration.ts'
import { createConfigurationService } from '../../../edge/configuration/configuration-service.ts'
import { GATEWAY, VEHICLE } from '../../support/edge-rig.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { silentLog } from '../../support/silent-log.ts'

const port = { kind: 'modbusTcp', host: '10.0.0.2', port: 502, unitId: 1 }
const devices = [{ id: 'gps', profile: 'ebyte-e108-d01', port }]
const local = Installation.parse({ schema: 'kordon-installation/1', version: 1, vehicleId: VEHICLE, devices })
const [H1, H2] = ['1', '2'].map((digit) => DocumentHash.parse(digit.repeat(64))) as [DocumentHash, DocumentHash]
const document = Configuration.parse({
  schema: 'kordon-configuration/1',
  version: 2,
  aud: GATEWAY,
  issuedAt: 1_795_289_123_456,
  vehicleId: VEHICLE,
  devices,
})
const tried: ConfigurationMemory = {
  ...firstMemory(local, H1),
  lastGood: firstMemory(local, H1).inForce,
  inForce: { source: 'cloud', version: 2, hash: H2, installation: installationOf(document) },
}

/** Processes one after the other on one disk; the outbox's answers are the test's. */
function machine() {
  let disk = tried
  const begin = () => {
    const outbox = { full: false, taken: [] as string[] }
    const service = createConfigurationService({
      store: {
        load: () => ({ memory: disk }),
        save: (memory) => {
          disk = memory
        },
      },
      local,
      mistakesOf: () => [],
      hashOf: (one) => ('version' in one && one.version === 1 ? H1 : H2),
      clock: createManualClock(),
      log: silentLog,
    })
    const keepEvent = ({ name }: GatewayEvent): 'stored' | 'waiting' => {
      outbox.taken.push(name)
      return outbox.full ? 'waiting' : 'stored'
    }
    return { service, outbox, keepEvent }
  }
  return { begin, disk: () => disk }
}

test('what the outbox has only in memory is told again by the next process, and not twice by this one', () => {
  const { begin, disk } = machine()
  const first = begin()
  first.service.tellTo(first.keepEvent)
  first.outbox.full = true
  first.service.confirm()
  first.service.held('ignition-on')
  expect(first.outbox.taken).toEqual(['config-applied'])
  expect(disk().untold.map(({ name }) => name)).toEqual(['config-applied'])
  const second = begin()
  second.service.tellTo(second.keepEvent)
  expect(second.outbox.taken).toEqual(['config-applied'])
  expect(disk().untold).toEqual([])
})

test('a later event that is stored takes the earlier ones with it: the outbox stores in order', () => {
  const { begin, disk } = machine()
  const { service, outbox, keepEvent } = begin()
  service.tellTo(keepEvent)
  outbox.full = true
  service.confirm()
  outbox.full = false
  service.takeLocal({ ...local, version: 3 })
  expect(outbox.taken).toEqual(['config-applied', 'local-override'])
  expect(disk().untold).toEqual([])
})
