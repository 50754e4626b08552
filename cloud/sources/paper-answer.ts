import type { VehicleId } from '#contract/ids.ts'
import type { Day } from '../calendar/moscow-day.ts'
import { PAPER_NAMES, type PaperKind } from '../papers/paper.ts'
import { dayWritten, writtenAt } from './moment-format.ts'
import { textAt } from './pointer.ts'
import { type AskedCar, itemsOf, type PaperSource } from './source.ts'

/** What a source says of one kind of paper. `none`: it knows of no such paper; `unknown`: nothing is to be made of it. */
export type PaperWord =
  | { readonly kind: PaperKind; readonly outcome: 'found'; readonly validUntil: Day; readonly number: string }
  | { readonly kind: PaperKind; readonly outcome: 'none' }
  | { readonly kind: PaperKind; readonly outcome: 'unknown'; readonly why: string }

/** Pure. The same word of nothing for every kind that the source is asked about. */
export const unknownOf = ({ kinds }: PaperSource, why: string): readonly PaperWord[] =>
  kinds.map((kind) => ({ kind, outcome: 'unknown', why }))

/** Pure. A VIN with stars is the same car as far as it can be read. */
export const isSameVin = (masked: string, vin: string): boolean =>
  masked.length === vin.length && [...masked.toUpperCase()].every((letter, at) => letter === '*' || letter === vin[at])

/** Pure. An answer as words about papers: the paper that ends last of each kind; whatever cannot be read is unknown. */
export function papersFrom(source: PaperSource, answer: unknown, car: AskedCar): readonly PaperWord[] {
  const read = itemsOf(source, answer)
  if (read.kind === 'unknown') return unknownOf(source, read.why)
  const { paper, kinds } = source
  const found: PaperWord[] = []
  for (const item of read.items) {
    const said = paper.kind === undefined ? kinds[0] : paper.kind.map[textAt(item, paper.kind.at) ?? '']
    if (said === undefined || !kinds.includes(said)) continue
    const vin = paper.vin === undefined ? undefined : textAt(item, paper.vin)
    if (vin !== undefined && car.vin !== null && !isSameVin(vin, car.vin.toUpperCase())) {
      found.push({ kind: said, outcome: 'unknown', why: 'ответ о другой машине' })
      continue
    }
    const written = textAt(item, paper.until.at)
    const until = written === undefined ? undefined : writtenAt(written, paper.until.as)
    if (until === undefined) found.push({ kind: said, outcome: 'unknown', why: 'срок в ответе не разобрать' })
    else {
      const number = paper.number === undefined ? '' : (textAt(item, paper.number) ?? '')
      found.push({ kind: said, outcome: 'found', validUntil: dayWritten(until), number: number.slice(0, 100) })
    }
  }
  return kinds.map((kind) => {
    const own = found.filter((word) => word.kind === kind)
    const dated = own.flatMap((word) => (word.outcome === 'found' ? [word] : []))
    const last = dated.toSorted((a, b) => a.validUntil.localeCompare(b.validUntil)).at(-1)
    // One that cannot be read may be the one that counts.
    return own.find(({ outcome }) => outcome === 'unknown') ?? last ?? { kind, outcome: 'none' }
  })
}

/** Pure. What becomes of a word beside the paper that is on record (null: none). */
export function verdictOn(word: PaperWord, onRecord: Day | null): 'add' | 'agrees' | 'differs' | 'nothing' {
  if (word.outcome === 'unknown') return 'nothing'
  if (word.outcome === 'none') return onRecord === null ? 'agrees' : 'differs'
  if (onRecord === null || word.validUntil > onRecord) return 'add'
  return word.validUntil === onRecord ? 'agrees' : 'differs'
}

/** A paper that a source tells differently from what is on record; null: it knows of none. */
export type Difference = {
  readonly vehicleId: VehicleId
  readonly kind: PaperKind
  readonly source: string
  readonly title: string
  readonly said: Day | null
  readonly onRecord: Day | null
}
const dayWords = (day: Day | null): string =>
  day === null ? 'нет такого документа' : `до ${day.split('-').toReversed().join('.')}`

/** Pure. What a person is asked to look into. */
export const differenceSentence = ({ kind, title, said, onRecord }: Difference): string =>
  `${PAPER_NAMES[kind]}: у нас ${dayWords(onRecord)}, «${title}» отвечает: ${dayWords(said)}`
