import { expect, test } from 'vitest'
import { VehicleId } from '#contract/ids.ts'
import { Alert } from '../../../cloud/live/live-message.ts'
import { createNeighboursClient } from '../../../cloud/live/neighbours-client.ts'
import { requireReal, startPostgres } from '../../support/real-servers.ts'
import { silentLog } from '../../support/silent-log.ts'
import { systemClock } from '../../support/system-clock.ts'
import { until } from '../../support/until.ts'

const vehicle = () => VehicleId.parse(crypto.randomUUID())

test.skipIf(!requireReal('postgresql'))(
  'what changes at one instance is heard at the other, not at itself, also after the database was away',
  async () => {
    const server = await startPostgres()
    const stop = new AbortController()
    const instance = (self: string) => {
      const heard: string[] = []
      const client = createNeighboursClient({
        databaseUrl: server.url,
        self,
        readAlert: (candidate) => Alert.safeParse(candidate).data,
        clock: systemClock,
        log: silentLog,
      })
      const running = client.run(
        {
          vehicleChanged: (id) => heard.push(`vehicle ${id}`),
          orderChanged: (id) => heard.push(`order ${id}`),
          alert: ({ id }) => heard.push(`alert ${id}`),
          screen: ({ open, people }) => heard.push(`screen ${open} ${people.join()}`),
          registryChanged: () => heard.push('registry'),
          missed: () => heard.push('missed'),
        },
        stop.signal,
      )
      return { client, heard, running }
    }
    const [one, two] = [instance('one'), instance('two')]
    await until('both listen', () => one.heard.length === 1 && two.heard.length === 1)
    const many = Array.from({ length: 1000 }, vehicle)
    const ordered = vehicle()
    for (const id of many) one.client.vehicleChanged(id)
    one.client.orderChanged(ordered)
    one.client.alert({
      id: 'a',
      vehicleId: ordered,
      kind: 'zone-exit',
      at: '2026-11-22T00:00:00.000Z',
      data: { lat: 1 },
    })
    one.client.screen({ open: 'dispatcher_form', card: 'c', people: ['d1'] })
    one.client.registryChanged()
    await until('the other has heard all', () => two.heard.length === 1005)
    expect(new Set(two.heard)).toEqual(
      new Set([
        'missed',
        ...many.map((id) => `vehicle ${id}`),
        `order ${ordered}`,
        'alert a',
        'screen dispatcher_form d1',
        'registry',
      ]),
    )
    expect(one.heard).toEqual(['missed'])
    await server.kill()
    await server.restart()
    await until('both know that they may have missed something', () =>
      [one, two].every(({ heard }) => heard.filter((what) => what === 'missed').length > 1),
    )
    two.client.vehicleChanged(ordered)
    await until('it goes on', () => one.heard.includes(`vehicle ${ordered}`))
    stop.abort()
    await Promise.all([one.running, two.running])
    await server.stop()
  },
  60_000,
)
