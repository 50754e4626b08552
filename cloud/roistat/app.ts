import { seconds } from '#contract/instant.ts'
import type { Jobs } from '../jobs/jobs.ts'
import { createCursorStore } from '../postgres/cursor-store.ts'
import type { Postgres } from '../postgres/postgres-client.ts'
import type { Machine } from '../processes/engine/machine.ts'
import type { World } from '../world.ts'
import { createRoistatClient } from './roistat-client.ts'
import { createRoistatService } from './roistat-service.ts'
import type { RoistatSettings } from './roistat-settings.ts'
import { createRoistatStore } from './roistat-store.ts'

type Parts = Pick<Postgres, 'db'> & {
  readonly world: World
  readonly jobs: Pick<Jobs, 'every'>
  readonly settings: RoistatSettings
  readonly active: () => Promise<Machine | undefined>
}

/** Wires what Roistat is told; it goes out by a job of all instances together. */
export function createRoistat({ db, world, jobs, settings, active }: Parts): void {
  const service = createRoistatService({
    clock: world.clock,
    log: world.log,
    pipelines: settings.pipelines,
    client: createRoistatClient(settings),
    cards: createRoistatStore(db),
    cursors: createCursorStore(db),
    active,
  })
  jobs.every('roistat', seconds(settings.everyS), async (stop) => void (await service.send(stop)))
}
