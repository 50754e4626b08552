import type { VehicleId } from '#contract/ids.ts'
import { type EpochMs, epochMs, millis, seconds } from '#contract/instant.ts'
import type { PaperService } from '../papers/paper-service.ts'
import type { World } from '../world.ts'
import { type FoundFine, finesFrom } from './fine-answer.ts'
import type { JsonClient } from './json-client.ts'
import { type Difference, type PaperWord, papersFrom, unknownOf, verdictOn } from './paper-answer.ts'
import { type AskedCar, type FineSource, isPerCar, type PaperSource, requestOf, type Sources } from './source.ts'
import type { FleetCar, SourceStore } from './source-store.ts'

type Deps = Pick<World, 'clock' | 'log'> & {
  readonly sources: Sources
  readonly secrets: Readonly<Record<string, string>>
  readonly client: JsonClient
  readonly store: SourceStore
  readonly papers: Pick<PaperService, 'standingsOf' | 'add'>
  /** Asks a person to look; the same difference again asks nobody anew. */
  readonly differs: (difference: Difference) => Promise<void>
  /** By the way of the signed hook: the same number again changes nothing. */
  readonly takeFine: (fine: FoundFine) => Promise<'new' | 'known' | 'wrong'>
}
export type SourceService = ReturnType<typeof createSourceService>

const HOUR_MS = 3_600_000
/** One that could not answer is asked again so much later. */
const SOON_MS = HOUR_MS
/** So many failures one after another are the source, not the cars: the turn ends. */
const MOST_FAILURES = 5
/** More than is asked between two looks of the job. */
const PER_LOOK = 300

/** Asks outside sources about papers and fines. What they do not answer is unknown: it adds no paper and takes none away. */
export function createSourceService({ clock, log, sources, secrets, client, store, papers, differs, takeFine }: Deps) {
  const patienceOf = ({ timeoutSeconds, retries }: PaperSource | FineSource) => ({
    timeout: seconds(timeoutSeconds),
    retries,
  })
  const pace = ({ perMinute }: PaperSource | FineSource, stop: AbortSignal): Promise<void> =>
    clock.sleep(millis(Math.ceil(60_000 / perMinute)), stop)

  const wordsOf = async (source: PaperSource, car: AskedCar, stop: AbortSignal) => {
    const request = requestOf(source, car, secrets)
    if (request.kind === 'lacks') return { words: unknownOf(source, request.why), down: false, why: null }
    const answer = await client.ask(request, patienceOf(source), stop)
    if (answer.kind === 'answer') return { words: papersFrom(source, answer.body, car), down: false, why: null }
    return { words: unknownOf(source, answer.why), down: answer.down, why: answer.why }
  }

  const take = async (source: PaperSource, car: FleetCar, word: PaperWord, now: EpochMs): Promise<void> => {
    await store.keep(car.id, source.id, word, now)
    const standings = (await papers.standingsOf([car.id])).get(car.id) ?? []
    const onRecord = standings.find(({ kind }) => kind === word.kind)?.validUntil ?? null
    const verdict = verdictOn(word, onRecord)
    const { id, title } = source
    if (verdict === 'add' && word.outcome === 'found') {
      const { kind, number, validUntil } = word
      const paper = { kind, number, issuedBy: '', validUntil, note: `По ответу источника «${title}»` }
      await papers.add(car.id, paper, `источник «${title}»`)
    }
    if (verdict === 'differs') {
      const said = word.outcome === 'found' ? word.validUntil : null
      await differs({ vehicleId: car.id, kind: word.kind, source: id, title, said, onRecord })
    }
  }

  /** One car at one source; says whether the source itself is down. */
  const check = async (source: PaperSource, car: FleetCar, stop: AbortSignal): Promise<boolean> => {
    const { words, down, why } = await wordsOf(source, car, stop)
    if (stop.aborted) return down
    const now = clock.now()
    for (const word of words) await take(source, car, word, now)
    await store.note(source.id, down ? { triedAt: now, problem: why } : { triedAt: now, okAt: now, problem: null })
    if (why !== null) log.warn({ source: source.id, why }, 'source.no-answer')
    return down
  }

  const finesAt = async (source: FineSource, car: AskedCar | undefined, stop: AbortSignal): Promise<boolean> => {
    const request = requestOf(source, car, secrets)
    // A car without the number that is asked by: nothing is known of it there, and nothing is wrong with the source.
    if (request.kind === 'lacks') return false
    const answer = await client.ask(request, patienceOf(source), stop)
    const read = answer.kind === 'answer' ? finesFrom(source, answer.body, car) : answer
    const now = clock.now()
    if (read.kind === 'unknown') {
      const down = answer.kind === 'unknown' && answer.down
      await store.note(source.id, { triedAt: now, problem: read.why })
      log.warn({ source: source.id, why: read.why }, 'source.no-answer')
      return down
    }
    let unreadable = read.unreadable
    for (const fine of read.fines) if ((await takeFine(fine)) === 'wrong') unreadable += 1
    const known = (await store.state(source.id))?.unreadable ?? 0
    await store.note(source.id, { triedAt: now, okAt: now, problem: null, unreadable: known + unreadable })
    return false
  }

  return {
    /** Whether anything at all is asked outside. */
    has: (): 'papers' | 'fines' | 'both' | 'none' =>
      sources.papers.length > 0
        ? sources.fines.length > 0
          ? 'both'
          : 'papers'
        : sources.fines.length > 0
          ? 'fines'
          : 'none',
    checksOf: async (vehicle: VehicleId) => {
      const titles = new Map(sources.papers.map(({ id, title }) => [id, title]))
      return (await store.checksOf(vehicle)).flatMap((row) => {
        const title = titles.get(row.source)
        return title === undefined ? [] : [{ ...row, title }]
      })
    },
    /** Asks every source of papers about one car, now. False: there is no such car. */
    checkNow: async (vehicle: VehicleId, stop: AbortSignal): Promise<boolean> => {
      const car = await store.car(vehicle)
      if (car === undefined) return false
      for (const source of sources.papers) await check(source, car, stop)
      return true
    },
    /** Each car whose day has come; answers how many were asked about. */
    sweepPapers: async (stop: AbortSignal): Promise<number> => {
      let asked = 0
      for (const source of sources.papers) {
        const now = clock.now()
        const due = await store.carsDue(
          source.id,
          epochMs(now - source.everyHours * HOUR_MS),
          epochMs(now - SOON_MS),
          PER_LOOK,
        )
        let failures = 0
        for (const [index, car] of due.entries()) {
          if (stop.aborted || failures >= MOST_FAILURES) break
          if (index > 0) await pace(source, stop)
          failures = (await check(source, car, stop)) ? failures + 1 : 0
          asked += 1
        }
      }
      return asked
    },
    /** Fines by number, each once; a turn through the fleet goes on where it was left. Answers how many questions were asked. */
    sweepFines: async (stop: AbortSignal): Promise<number> => {
      let asked = 0
      for (const source of sources.fines) {
        const state = await store.state(source.id)
        const now = clock.now()
        const isUnderWay = state?.place !== undefined && state.place !== null
        // A source that was down is asked again soon, not in its next turn.
        const wait = state?.problem === null || state === undefined ? source.everyHours * HOUR_MS : SOON_MS
        const last = state?.triedAt ?? null
        if (!isUnderWay && last !== null && state?.turnAt !== null && now - (state?.turnAt ?? 0) < wait) continue
        if (isUnderWay && state.problem !== null && last !== null && now - last < SOON_MS) continue
        if (!isUnderWay) await store.note(source.id, { turnAt: now, unreadable: 0 })
        if (!isPerCar(source)) {
          await finesAt(source, undefined, stop)
          asked += 1
          continue
        }
        const cars = await store.carsAfter(state?.place ?? null, PER_LOOK)
        let failures = 0
        for (const [index, car] of cars.entries()) {
          if (stop.aborted || failures >= MOST_FAILURES) break
          if (index > 0) await pace(source, stop)
          failures = (await finesAt(source, car, stop)) ? failures + 1 : 0
          asked += 1
          if (failures === 0) await store.note(source.id, { place: car.id })
        }
        if (!stop.aborted && failures < MOST_FAILURES && cars.length < PER_LOOK)
          await store.note(source.id, { place: null })
      }
      return asked
    },
    /** Every source with how it does. */
    list: async () => {
      const [states, counts] = [new Map((await store.states()).map((row) => [row.source, row])), await store.counts()]
      const view = (of: 'papers' | 'fines') => (source: PaperSource | FineSource) => {
        const state = states.get(source.id)
        const { asked = 0, unknown = 0 } = counts.get(source.id) ?? {}
        return {
          id: source.id,
          of,
          title: source.title,
          everyHours: source.everyHours,
          triedAt: state?.triedAt ?? null,
          okAt: state?.okAt ?? null,
          problem: state?.problem ?? null,
          asked,
          unknown,
          unreadable: state?.unreadable ?? 0,
        }
      }
      return [...sources.papers.map(view('papers')), ...sources.fines.map(view('fines'))]
    },
  }
}
