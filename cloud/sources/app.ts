import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { seconds } from '#contract/instant.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { PaperService } from '../papers/paper-service.ts'
import type { ParkStore } from '../parks/park-store.ts'
import type { Postgres } from '../postgres/postgres-client.ts'
import type { Incoming } from '../processes/inbox/webhook.ts'
import { readIncoming } from '../processes/inbox/webhook.ts'
import type { World } from '../world.ts'
import { createJsonClient } from './json-client.ts'
import type { Difference } from './paper-answer.ts'
import type { readSources } from './source-file-store.ts'
import { createSourceRoutes } from './source-routes.ts'
import { createSourceService, type SourceService } from './source-service.ts'
import { createSourceStore } from './source-store.ts'

type Parts = Pick<Postgres, 'db'> & {
  readonly world: World
  readonly jobs?: Jobs
  /** Absent: nothing is asked outside. */
  readonly described: ReturnType<typeof readSources> | undefined
  readonly papers: Pick<PaperService, 'standingsOf' | 'add'>
  readonly inSight: ParkStore['inSight']
  readonly differs: (difference: Difference) => Promise<void>
  /** Keeps the event of a fine; false: it was there. */
  readonly take: (incoming: Incoming) => Promise<boolean>
}
export type OutsideSources = { readonly service: SourceService; readonly routes: FastifyPluginAsyncZod }

/** How often it is looked whose turn has come; how often each is asked stands in its description. */
const LOOK = seconds(600)

/** Wires the outside sources that are described in a file; starts nothing. */
export function createSources({ db, world, jobs, described, papers, inSight, differs, take }: Parts): OutsideSources {
  const { sources, secrets } = described ?? { sources: { papers: [], fines: [] }, secrets: {} }
  const service = createSourceService({
    ...world,
    sources,
    secrets,
    client: createJsonClient(world),
    store: createSourceStore(db),
    papers,
    differs,
    takeFine: async (fine) => {
      const read = readIncoming('fine', fine, world.clock.now())
      if (read.kind !== 'read') return 'wrong'
      return (await take(read.incoming)) ? 'new' : 'known'
    },
  })
  if (sources.papers.length > 0)
    jobs?.every('paper-sources', LOOK, async (stop) => void (await service.sweepPapers(stop)))
  if (sources.fines.length > 0) jobs?.every('fine-sources', LOOK, async (stop) => void (await service.sweepFines(stop)))
  return { service, routes: createSourceRoutes({ sources: service, inSight }) }
}
