import { writtenAt } from './moment-format.ts'
import { textAt } from './pointer.ts'
import { type AskedCar, type FineSource, itemsOf } from './source.ts'

/** A fine in the shape of the signed hook of fines, so that both ways are one. */
export type FoundFine = {
  readonly id: string
  readonly plate: string
  readonly at: number
  readonly amount: { readonly kopecks: number }
  readonly article?: string
}
export type FoundFines =
  | { readonly kind: 'fines'; readonly fines: readonly FoundFine[]; readonly unreadable: number }
  | { readonly kind: 'unknown'; readonly why: string }

/** Pure. An answer as fines. One without a number, a plate, a moment or a sum is counted as unreadable, and left alone. */
export function finesFrom(source: FineSource, answer: unknown, car: AskedCar | undefined): FoundFines {
  const read = itemsOf(source, answer)
  if (read.kind === 'unknown') return read
  const fines = read.items.flatMap((item) => fineFrom(source, item, car) ?? [])
  return { kind: 'fines', fines, unreadable: read.items.length - fines.length }
}

function fineFrom({ fine }: FineSource, item: unknown, car: AskedCar | undefined): FoundFine | undefined {
  const no = textAt(item, fine.no)?.replace(/\s/g, '')
  const plate = fine.plate === undefined ? car?.plate : textAt(item, fine.plate)
  const written = textAt(item, fine.at.at)
  const at = written === undefined ? undefined : writtenAt(written, fine.at.as)
  const sum = Number(
    textAt(item, fine.amount.at)
      ?.replace(/[\s\u00a0]/g, '')
      .replace(',', '.') ?? Number.NaN,
  )
  const kopecks = Math.round(fine.amount.as === 'roubles' ? sum * 100 : sum)
  // A day without a time is nobody's shift.
  if (
    no === undefined ||
    plate === undefined ||
    at?.kind !== 'moment' ||
    !Number.isSafeInteger(kopecks) ||
    kopecks <= 0
  )
    return undefined
  const article = fine.article === undefined ? undefined : textAt(item, fine.article)
  const known = { id: no, plate, at: at.at, amount: { kopecks } }
  return article === undefined ? known : { ...known, article: article.slice(0, 500) }
}
