import { randomUUID } from 'node:crypto'
import type { Postgres } from '../../../cloud/postgres/postgres-client.ts'
import { createProcesses, type Processes } from '../../../cloud/processes/app.ts'
import type { ProcessPorts } from '../../../cloud/processes/effects/ports.ts'
import type { OutsideReads } from '../../../cloud/processes/fact-store.ts'
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts'
import { silentLog } from '../../support/silent-log.ts'
import { FRIDAY_17 } from './running-shop.ts'
import { SMALL_SHOP } from './small-shop.ts'

export const NOTHING_OUTSIDE: OutsideReads = {
  record: async () => undefined,
  balance: async () => undefined,
  held: async () => undefined,
  zoneState: async () => undefined,
  areaOutage: async () => undefined,
  shift: async () => undefined,
}

/** The whole slice on a database, with time turned by hand and messages kept in a list. */
export async function openShop(
  postgres: Pick<Postgres, 'db' | 'inTransaction'>,
  {
    text = SMALL_SHOP,
    ports = {},
    clock = createManualClock(FRIDAY_17),
  }: { readonly text?: string; readonly ports?: ProcessPorts; readonly clock?: ManualClock } = {},
): Promise<{
  readonly processes: Processes
  readonly clock: ManualClock
  readonly sent: string[]
  settle(): Promise<void>
}> {
  const sent: string[] = []
  const processes = createProcesses({
    ...postgres,
    world: { clock, log: silentLog, uuid: randomUUID, randomBytes: (length) => new Uint8Array(length) },
    outside: () => NOTHING_OUTSIDE,
    ports: {
      sendMessage: async (_db, wish) => {
        sent.push(`${wish.message}: ${wish.text}`)
      },
      ...ports,
    },
    may: async () => ({ stage: () => 'write', field: () => 'write', shown: (_entity, _field, value) => value }),
    policy: async () => ({}),
    shipped: [{ name: 'shop.yaml', text }],
  })
  await processes.open()
  return {
    processes,
    clock,
    sent,
    settle: async () => {
      while ((await processes.effects.round()) + (await processes.effects.ring()) > 0);
    },
  }
}
