import { createHash } from 'node:crypto'
import { canonicalText } from '#contract/canonical-text.ts'
import { DocumentHash } from '#contract/configuration.ts'
import type { Installation } from '#contract/installation.ts'
import { Instant } from '#contract/instant.ts'
import { createRelayTestService } from '../commissioning/relay-test-service.ts'
import { createRelayTestStore } from '../commissioning/relay-test-store.ts'
import { createSealService, type Sealed } from '../commissioning/seal-service.ts'
import { createSealStore } from '../commissioning/seal-store.ts'
import { createSheetSigner } from '../commissioning/sheet-signature-client.ts'
import { createTechnicianRoutes, type Reloaded, type SealRequest } from '../commissioning/technician-routes.ts'
import { wiringText } from '../commissioning/wiring.ts'
import { createDevices } from '../devices/app.ts'
import type { Gateway, GatewayConfig, GatewayStatus, GatewayWorld } from '../gateway.ts'
import { wiringMistakes } from '../interlock/wiring.ts'
import { createLocalServer } from '../local-page/app.ts'
import { deviceViews, type GatewayView } from '../local-page/gateway-view.ts'
import { createPageRoutes } from '../local-page/page-routes.ts'
import type { ProfilesOf } from '../profile/profile-store.ts'
import { applyWait } from './applicable.ts'
import { runConfigurationLoop } from './configuration-loop.ts'
import { createConfigurationService } from './configuration-service.ts'
import { createConfigurationStore } from './configuration-store.ts'
import { mistakesOfInstallation } from './document.ts'
import type { CreateRun, GatewayRun, RunBegun } from './gateway-run.ts'

const hashOf = (document: object): DocumentHash =>
  DocumentHash.parse(createHash('sha256').update(canonicalText(document)).digest('hex'))

/** How often a run may begin under a configuration on trial: more than this is a process that keeps falling over. */
const TRIAL_STARTS = 3

/** A gateway that outlives its configuration: it runs, and is run anew when a document is applied or taken back. */
export function createManagedGateway(
  config: GatewayConfig,
  world: GatewayWorld,
  profilesOf: ProfilesOf,
  createRun: CreateRun,
): Gateway {
  const { clock, log } = world
  const startedAt = clock.steady()

  const mistakesOf = (installation: Installation): readonly string[] => {
    try {
      const profiles = profilesOf(installation)
      const mistakes = [...mistakesOfInstallation(installation, profiles), ...wiringMistakes(installation, profiles)]
      if (mistakes.length > 0) return mistakes
      // Built and thrown away: nothing is opened before it runs.
      createDevices({ ...world, installation, profiles, random: () => 0, dir: config.dir })
      return []
    } catch (cause) {
      return (cause instanceof Error ? cause.message : String(cause)).split('\n')
    }
  }
  const mistakes = mistakesOf(config.installation)
  if (mistakes.length > 0) throw new Error(mistakes.join('\n'))
  const service = createConfigurationService({
    store: createConfigurationStore(config.dir),
    local: config.installation,
    mistakesOf,
    hashOf,
    clock,
    log,
  })
  const seals = createSealService({
    store: createSealStore(config.dir),
    profilesOf,
    hashOf,
    rfc3339: (at) => Instant.encode(at),
    software: config.software,
    clock,
    log,
  })

  let begun: RunBegun | undefined
  let restart = new AbortController()
  const ears = {
    begun: (run: RunBegun): void => {
      begun = run
      service.tellTo(run.keepEvent)
      seals.tellTo(run.keepEvent)
    },
    onConfiguration: (payload: Uint8Array): void => {
      if (begun === undefined) return
      const { gatewayId, vehicleId } = begun.identity.grant
      void service.take(payload, { verify: begun.verifyConfiguration, gatewayId, vehicleId })
    },
  }
  const inForce = (): Installation => service.inForce().installation
  const settled = () => seals.settle({ inForce: inForce(), local: service.local(), stage: service.stage() })
  const build = (): GatewayRun => {
    const { sealed: _written, ...installation } = inForce()
    const sealed = settled()
    const { batch } = service.inForce()
    const { encoding = config.encoding, sendEveryMs = config.sendEveryMs } = batch ?? {}
    return createRun(
      {
        ...config,
        installation: { ...installation, ...(sealed === undefined ? {} : { sealed }) },
        ...(encoding === undefined ? {} : { encoding }),
        ...(sendEveryMs === undefined ? {} : { sendEveryMs }),
      },
      ears,
    )
  }
  /** Before the first run too: what cannot be built is told before anything starts. */
  const first = (): GatewayRun => {
    try {
      return build()
    } catch (cause) {
      if (!service.rollBack([cause instanceof Error ? cause.message : String(cause)])) throw cause
      return build()
    }
  }
  let run = first()
  let isSpent = false

  const status = (): GatewayStatus => {
    const localPort = server.port()
    return { ...run.status(), ...(localPort === undefined ? {} : { localPort }) }
  }
  const view = (): GatewayView => {
    const { version, hash, source, installation } = service.inForce()
    return {
      ...status(),
      now: clock.now(),
      timeQuality: world.timeQuality?.() ?? 'estimated',
      software: config.software,
      upS: Math.round((clock.steady() - startedAt) / 1000),
      memoryBytes: world.memoryBytes?.() ?? null,
      configuration: {
        version,
        hash,
        source,
        stage: service.stage(),
        override: service.override(),
        waiting: service.waiting() !== undefined,
      },
      seal: seals.standing().state,
      wiring: seals.bindingOf(installation),
      devices: deviceViews(installation.devices, run.readings(), clock.steady()),
    }
  }

  const relayTest = createRelayTestService({
    store: createRelayTestStore(config.dir),
    test: (order, told) => run.testRelay(order, told),
    endTest: () => run.endRelayTest(),
    status,
    binding: () => seals.bindingOf(inForce()),
    own: () => begun?.identity.grant,
    uuid: world.uuid,
    clock,
  })
  const wiringOf = (installation: Installation | undefined): 'same' | 'other' =>
    installation === undefined || wiringText(installation) === wiringText(inForce()) ? 'same' : 'other'
  const ignition = (): 'installed' | 'none' => (inForce().ignition === undefined ? 'none' : 'installed')

  const reload = (): Reloaded => {
    if (config.readInstallation === undefined) return { reloaded: 'later', reason: 'next-start' }
    try {
      const local = config.readInstallation()
      const wait = applyWait({ ...status(), uplink: 'connected', ignitionInstalled: false }, wiringOf(local))
      if (wait !== undefined) return { reloaded: 'later', reason: wait }
      const taken = service.takeLocal(local)
      restart.abort()
      return { reloaded: taken }
    } catch (cause) {
      return { reloaded: 'refused', errors: (cause instanceof Error ? cause.message : String(cause)).split('\n') }
    }
  }
  const seal = ({ by, note, results, vehicle, photos }: SealRequest): Sealed => {
    if (begun === undefined) return { sealed: false, errors: ['the gateway has no identity yet'] }
    const { gatewayId, vehicleId } = begun.identity.grant
    const { version, hash } = service.inForce()
    const sealed = seals.seal({
      by,
      note,
      results,
      configuration: { version, hash },
      gatewayId,
      vehicleId,
      ...(vehicle === undefined ? {} : { vehicle }),
      ...(photos === undefined ? {} : { photos }),
      installation: inForce(),
      relayProved: relayTest.provedFor(),
      sign: createSheetSigner(begun.identity),
    })
    // The interlock hears of it as everything else of the installation: by a run that begins with it.
    if (sealed.sealed) restart.abort()
    return sealed
  }
  const server = createLocalServer({
    page: config.localPage,
    socketPath: config.controlSocket,
    routes: [
      ...createPageRoutes(view),
      ...createTechnicianRoutes({
        view,
        readings: () => run.readings(),
        steady: clock.steady,
        relayTest,
        reload,
        seal,
      }),
    ],
    form: () => run.unlockForm(),
    clock,
    log,
  })

  /** One run, watched; answers when it was told to stop or to begin anew. */
  const once = async (stop: AbortSignal): Promise<void> => {
    const now = new AbortController()
    restart = now
    if (service.starting() > TRIAL_STARTS && service.rollBack(['the gateway kept falling over under it']))
      isSpent = true
    if (isSpent) run = build()
    isSpent = true
    const current = run
    const ended = AbortSignal.any([stop, now.signal])
    const watching = Promise.all([
      relayTest.run(ended),
      runConfigurationLoop(
        {
          service,
          status,
          ignition: ignition(),
          wiring: () => wiringOf(service.waiting()),
          restart: () => now.abort(),
          confirmed: () => void settled(),
          clock,
        },
        ended,
      ),
    ])
    try {
      await current.run(ended)
    } finally {
      now.abort()
      service.tellTo(undefined)
      seals.tellTo(undefined)
      begun = undefined
      await watching
    }
  }

  const runAll = async (stop: AbortSignal): Promise<void> => {
    while (!stop.aborted) {
      try {
        await once(stop)
      } catch (cause) {
        log.error({ err: cause }, 'gateway.run-failed')
        if (!service.rollBack([cause instanceof Error ? cause.message : String(cause)])) throw cause
      }
    }
  }

  return {
    run: async (stop) => {
      const ended = new AbortController()
      const serving = server.run(AbortSignal.any([stop, ended.signal]))
      try {
        await runAll(stop)
      } finally {
        ended.abort()
        await serving
      }
    },
    status,
    view,
    releaseLocally: () => run.releaseLocally(),
    enterCode: (typed) => run.enterCode(typed),
  }
}
