import {
  type ConfigurationEventName,
  type ConfigurationReport,
  type DocumentHash,
  installationOf,
} from '#contract/configuration.ts'
import type { GatewayEvent } from '#contract/event.ts'
import type { GatewayId, VehicleId } from '#contract/ids.ts'
import type { Installation } from '#contract/installation.ts'
import type { Clock } from '#contract/instant.ts'
import type { Log } from '../log.ts'
import type { VerifyJws } from '../orders/order-signature.ts'
import type { ApplyWait } from './applicable.ts'
import {
  type ConfigurationMemory,
  confirmed,
  firstMemory,
  type InForce,
  judgeDocument,
  onTrial,
  rolledBack,
  withLocal,
} from './configuration.ts'
import type { ConfigurationStore } from './configuration-store.ts'
import { readDocument } from './document.ts'

export type Proof = { readonly verify: VerifyJws; readonly gatewayId: GatewayId; readonly vehicleId: VehicleId }

/** `waiting`: its disk refused, and the event is in memory only. */
type KeepEvent = (event: GatewayEvent) => 'stored' | 'waiting'

export type ConfigurationService = {
  inForce(): InForce
  /** The technician's file as last read. */
  local(): Installation
  override(): boolean
  /** `trial`: in force, and the link has not come back under it yet. */
  stage(): 'settled' | 'trial'
  waiting(): Installation | undefined
  /** Takes a message from `down/config`; resolves when it waits to be applied or was turned away. */
  take(payload: Uint8Array, proof: Proof): Promise<void>
  /** The technician's file as it is now; throws naming every mistake of one that cannot be used. `changed`: run anew. */
  takeLocal(installation: Installation): 'changed' | 'same'
  /** Says once why the waiting document is not applied yet. */
  held(reason: ApplyWait): void
  /** What waits is in force from now on. Throws when the disk refuses: then nothing has changed. */
  apply(): void
  /** A run begins; answers how often one began under what is on trial. */
  starting(): number
  confirm(): void
  /** Back to the last good configuration; false when nothing is on trial. */
  rollBack(errors: readonly string[]): boolean
  /** Where events go from now on; undefined keeps them for the next run. */
  tellTo(keepEvent: KeepEvent | undefined): void
}

type Deps = {
  readonly store: ConfigurationStore
  readonly local: Installation
  /** Everything that would keep this installation from working here; empty when it would work. */
  readonly mistakesOf: (installation: Installation) => readonly string[]
  readonly hashOf: (document: object) => DocumentHash
  readonly clock: Clock
  readonly log: Log
}

const MOST_ERRORS = 40
const LONGEST_ERROR = 300

/** The one file that decides which configuration this gateway works with. Reads its memory at once; starts nothing. */
export function createConfigurationService({
  store,
  mistakesOf,
  hashOf,
  clock,
  log,
  ...deps
}: Deps): ConfigurationService {
  /** The seal is no part of what a document says: sealing changes no configuration. */
  const hashOfLocal = ({ sealed: _sealed, ...rest }: Installation): DocumentHash => hashOf(rest)
  const loaded = store.load()
  if (loaded.damaged !== undefined) log.error({ err: loaded.damaged }, 'configuration.damaged')
  let local = deps.local
  let memory = loaded.memory ?? firstMemory(local, hashOfLocal(local))
  let heldFor: ApplyWait | undefined
  let keepEvent: KeepEvent | undefined
  /** Taken by the outbox whose disk refused: said again by the next process only. */
  let taken: readonly GatewayEvent[] = []
  let queue: Promise<void> = Promise.resolve()

  /** What cannot be written is still true until the process ends. */
  const keep = (next: ConfigurationMemory): void => {
    memory = next
    try {
      store.save(memory)
    } catch (cause) {
      log.error({ err: cause }, 'configuration.unwritable')
    }
  }

  const event = (
    name: ConfigurationEventName,
    about: { version: number; hash: DocumentHash },
    more: object = {},
  ): GatewayEvent => {
    const { inForce } = memory
    const report: ConfigurationReport = {
      version: about.version,
      hash: about.hash,
      errors: [],
      appliedVersion: inForce.version,
      appliedHash: inForce.hash,
      source: inForce.source,
      ...more,
    }
    log.info({ version: about.version, hash: about.hash, errors: report.errors, waitingFor: report.waitingFor }, name)
    return { kind: 'event', name, at: clock.now(), data: JSON.parse(JSON.stringify(report)) }
  }

  /** Together with the change that it tells of: a power cut between the two loses neither. */
  const keepAndTell = (next: ConfigurationMemory, told: () => GatewayEvent): void => {
    memory = next
    keep({ ...memory, untold: [...memory.untold, told()].slice(-64) })
    flush()
  }

  const flush = (): void => {
    if (keepEvent === undefined || memory.untold.length === 0) return
    let kept: 'stored' | 'waiting' = 'waiting'
    for (const one of memory.untold) if (!taken.includes(one)) kept = keepEvent(one)
    taken = memory.untold
    // The outbox stores in order: behind the last one all are on its disk.
    if (kept === 'stored') keep({ ...memory, untold: [] })
  }

  const refuse = (about: { version: number; hash: DocumentHash }, errors: readonly string[]): void => {
    if (memory.refused?.hash === about.hash) return
    keepAndTell({ ...memory, refused: about }, () => event('config-refused', about, { errors: bounded(errors) }))
  }

  const takeOne = async (payload: Uint8Array, proof: Proof): Promise<void> => {
    const read = await readDocument(payload, proof.verify)
    if (!read.ok && read.reason === 'signature') return log.warn({}, 'configuration.not-signed')
    if (!read.ok) return refuse({ version: read.version, hash: hashOf({ raw: read.raw }) }, read.errors)
    const { document } = read
    const about = { version: document.version, hash: hashOf(document) }
    const judged = judgeDocument(memory, document, about.hash, proof)
    if (judged.judgement === 'known') return
    if (judged.judgement === 'refuse') return refuse(about, judged.errors)
    const mistakes = mistakesOf(installationOf(document))
    if (mistakes.length > 0) return refuse(about, mistakes)
    heldFor = undefined
    keep({ ...memory, waiting: { hash: about.hash, document } })
    log.info(about, 'configuration.waiting')
  }

  const takeLocal = (installation: Installation): 'changed' | 'same' => {
    const hash = hashOfLocal(installation)
    const { sealed: _sealed, ...document } = installation
    const taken = withLocal(memory, installation, hash)
    local = installation
    if (taken.change === 'none') return 'same'
    heldFor = undefined
    const about = { version: taken.memory.inForce.version, hash }
    keepAndTell(taken.memory, () =>
      event(taken.change === 'override' ? 'local-override' : 'config-applied', about, { document }),
    )
    return 'changed'
  }

  // A first memory is written too: from now on a change of the file is a change.
  if (loaded.memory === undefined) {
    const { inForce } = memory
    const { sealed: _sealed, ...document } = local
    keepAndTell(memory, () => event('config-applied', inForce, { document }))
  } else takeLocal(local)

  return {
    inForce: () => memory.inForce,
    local: () => local,
    override: () => memory.override !== undefined,
    stage: () => (memory.lastGood === undefined ? 'settled' : 'trial'),
    waiting: () => (memory.waiting === undefined ? undefined : installationOf(memory.waiting.document)),
    take: (payload, proof) => {
      queue = queue
        .then(() => takeOne(payload, proof))
        .catch((err: unknown) => log.error({ err }, 'configuration.failed'))
      return queue
    },
    takeLocal: (installation) => {
      const mistakes = mistakesOf(installation)
      if (mistakes.length > 0) throw new Error(mistakes.join('\n'))
      return takeLocal(installation)
    },
    held: (reason) => {
      const { waiting } = memory
      if (waiting === undefined || heldFor === reason) return
      heldFor = reason
      const about = { version: waiting.document.version, hash: waiting.hash }
      keepAndTell(memory, () => event('config-waiting', about, { waitingFor: reason }))
    },
    apply: () => {
      if (memory.waiting === undefined) return
      const next = onTrial(memory, installationOf(memory.waiting.document))
      // Before anything is rebuilt: a power cut from here on comes back on trial, not untried.
      store.save(next)
      memory = next
    },
    starting: () => {
      if (memory.lastGood === undefined) return 0
      keep({ ...memory, trialStarts: (memory.trialStarts ?? 0) + 1 })
      return memory.trialStarts ?? 0
    },
    confirm: () => {
      if (memory.lastGood === undefined) return
      keepAndTell(confirmed(memory), () => event('config-applied', memory.inForce))
    },
    rollBack: (errors) => {
      if (memory.lastGood === undefined) return false
      const { version, hash } = memory.inForce
      keepAndTell(rolledBack(memory), () => event('config-rolled-back', { version, hash }, { errors: bounded(errors) }))
      return true
    },
    tellTo: (keeper) => {
      keepEvent = keeper
      taken = []
      flush()
    },
  }
}

const bounded = (errors: readonly string[]): string[] =>
  errors.slice(0, MOST_ERRORS).map((error) => error.slice(0, LONGEST_ERROR))
