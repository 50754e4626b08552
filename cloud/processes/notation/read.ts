import { HOLD_REASONS, type HoldReason } from './action.ts'
import type { Position } from './problem.ts'
import { map, may, must, type Named, name, oneOf, type Read, shape } from './reader.ts'
import { type Assignment, assignments, type Value, value } from './value.ts'

type At = { readonly pos: Position }
/** A fact that the engine loads from its own tables before it decides. */
export type FactRead =
  | (At & {
      readonly kind: 'find'
      readonly pipeline: Named | undefined
      readonly stage: Named | undefined
      readonly entity: Named | undefined
      readonly match: readonly Assignment[]
    })
  | (At & { readonly kind: 'free'; readonly resource: Named; readonly at: Value })
  | (At & { readonly kind: 'permit'; readonly name: Named; readonly of: Named })
  | (At & { readonly kind: 'balance_of'; readonly of: Named; readonly maxAge: Value | undefined })
  | (At & { readonly kind: 'held'; readonly reason: HoldReason; readonly key: Value | undefined; readonly of: Named })
  | (At & { readonly kind: 'zone_state'; readonly zone: Value; readonly of: Named })
  | (At & { readonly kind: 'area_outage' | 'shift_of'; readonly of: Named })

export type NamedRead = { readonly name: string; readonly pos: Position; readonly value: FactRead }
export const READ_KINDS = ['find', 'free', 'permit', 'balance_of', 'held', 'zone_state', 'area_outage', 'shift_of']

const find = shape(
  {
    pipeline: may(name('воронка')),
    stage: may(name('этап')),
    entity: may(name('карточка')),
    match: must(assignments('match')),
  },
  'чтение find',
)
const free = shape({ resource: must(name('ресурс')), at: must(value('at')) }, 'чтение free')
const permit = shape({ name: must(name('разрешение')), of: must(name('чьё')) }, 'чтение permit')
const held = shape(
  { reason: must(oneOf(HOLD_REASONS, 'причина')), key: may(value('key')), of: must(name('чья')) },
  'чтение held',
)
const zoneState = shape({ zone: must(value('zone')), of: must(name('чья')) }, 'чтение zone_state')

const factRead: Read<FactRead> = (node, report) => {
  const keys = node.kind === 'map' ? node.entries : []
  const first = keys.find(({ key }) => READ_KINDS.includes(key))
  if (first === undefined || (keys.length > 1 && first.key !== 'balance_of')) {
    report(node.at, 2, 'Неизвестное чтение', `Чтения: ${READ_KINDS.join(', ')}`)
    return undefined
  }
  const pos = first.keyAt
  const inner = first.value
  switch (first.key) {
    case 'find': {
      const read = find(inner, report)
      if (read !== undefined && (read.pipeline === undefined) === (read.entity === undefined))
        report(pos, 2, 'find ищет либо в воронке, либо по виду карточек', 'Оставьте pipeline или entity')
      return read && { kind: 'find', ...read }
    }
    case 'free': {
      const read = free(inner, report)
      return read && { kind: 'free', ...read }
    }
    case 'permit': {
      const read = permit(inner, report)
      return read && { kind: 'permit', ...read }
    }
    case 'held': {
      const read = held(inner, report)
      return read && { kind: 'held', ...read }
    }
    case 'zone_state': {
      const read = zoneState(inner, report)
      return read && { kind: 'zone_state', ...read }
    }
    case 'balance_of': {
      const read = shape({ balance_of: must(name('чей')), max_age: may(value('max_age')) }, 'чтение balance_of')(
        node,
        report,
      )
      return read && { kind: 'balance_of', pos, of: read.balance_of, maxAge: read.max_age }
    }
    case 'area_outage':
    case 'shift_of': {
      const of = name('чья')(inner, report)
      return of && { kind: first.key, pos, of }
    }
    default:
      return undefined
  }
}

export const readBlock: Read<readonly NamedRead[]> = (node, report) => map(factRead, 'read')(node, report)
