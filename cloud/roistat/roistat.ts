import type { Facts } from '../expressions/fact-type.ts'
import type { Definitions } from '../processes/notation/definitions.ts'

/** A status as Roistat takes it (POST project/set-statuses). */
export type RoistatStatus = {
  readonly id: string
  readonly name: string
  readonly type: 'progress' | 'paid' | 'canceled'
}
/** An order as Roistat takes it (POST project/add-orders); the same id again changes it. Money in roubles. */
export type RoistatOrder = {
  readonly id: string
  readonly name: string
  readonly date_create: string
  readonly status: string
  readonly roistat: string | null
  readonly price: number
  readonly cost: number
  readonly fields: Readonly<Record<string, string>>
}
export type SentCard = {
  readonly id: string
  readonly no: number
  readonly pipeline: string
  readonly stage: string
  readonly createdAt: number
  readonly fields: Facts
}

const TYPES = { open: 'progress', won: 'paid', lost: 'canceled' } as const
const statusOf = (pipeline: string, stage: string): string => `${pipeline}.${stage}`

/** Pure. Every stage of these pipelines as a status. */
export const statusesOf = (definitions: Definitions, pipelines: readonly string[]): readonly RoistatStatus[] =>
  pipelines.flatMap((id) => {
    const pipeline = definitions.pipelines.get(id)
    return (pipeline?.stages ?? []).map((stage) => ({
      id: statusOf(id, stage.id),
      name: `${pipeline?.title ?? id}: ${stage.title}`,
      type: TYPES[stage.type],
    }))
  })

const roubles = (...kopecks: readonly unknown[]): number =>
  kopecks.reduce<number>((sum, one) => sum + (typeof one === 'number' ? one : 0), 0) / 100

/** Pure. A card as an order: its stage, its visit, its sum and cost; nothing of its person. */
export function orderOf(card: SentCard, title: string): RoistatOrder {
  const { visitId, total, price, estimate, partsCost, workCost, source } = card.fields
  const sum = [total, price, estimate].find((one) => typeof one === 'number')
  return {
    id: card.id,
    name: `${title} № ${card.no}`,
    // As the vendor writes moments: seconds, and the zone without a colon.
    date_create: new Date(card.createdAt).toISOString().replace(/\.\d{3}Z$/, '+0000'),
    status: statusOf(card.pipeline, card.stage),
    roistat: typeof visitId === 'string' && visitId !== '' ? visitId : null,
    price: roubles(sum),
    cost: roubles(partsCost, workCost),
    fields: typeof source === 'string' ? { source } : {},
  }
}
