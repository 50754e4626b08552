import {
  BOOL,
  type FactType,
  factTypeOf,
  INT,
  type RecordType,
  recordOf,
  type Scope,
  TEXT,
  TIME,
} from '../expressions/fact-type.ts'
import type { Definitions } from '../processes/notation/definitions.ts'
import type { FactRead } from '../processes/notation/read.ts'
import type { Rule } from '../processes/notation/rule.ts'
import type { FieldType } from '../processes/notation/value.ts'

/** Fields that come from a car or another system: absent until told, and when too old. */
const OUTSIDE: Readonly<Record<string, readonly string[]>> = {
  vehicle: ['odometerKm', 'engineHours', 'aboard'],
  driver: ['balanceWarnedAt', 'ordersStoppable'],
  machine: ['engineHours'],
  auto: ['kmPerDay', 'expectedKm'],
}

const CARD_FIELDS: Readonly<Record<string, FactType>> = { id: TEXT, no: TEXT, responsible: TEXT, createdAt: TIME }

const typeOf = ({ of, list }: FieldType): FactType => factTypeOf(list ? `list<${of}>` : of) ?? TEXT

const fieldsOf = (fields: ReadonlyMap<string, FieldType>): Record<string, FactType> =>
  Object.fromEntries([...fields].map(([name, type]) => [name, typeOf(type)]))

/** Pure. What an expression may ask of a card of this kind. */
export function entityType(definitions: Definitions, entity: string): RecordType | undefined {
  const found = definitions.entities.get(entity)
  if (found === undefined) return undefined
  const own = new Map([...found.fields].map(([name, { type }]) => [name, type]))
  return recordOf({ ...CARD_FIELDS, ...fieldsOf(own) }, OUTSIDE[entity] ?? [])
}

/** Pure. What a `read` gives. */
export function readType(definitions: Definitions, read: FactRead): FactType {
  switch (read.kind) {
    case 'permit':
    case 'held':
    case 'free':
    case 'area_outage':
      return BOOL
    case 'balance_of':
      return recordOf({ kopecks: INT, asOf: TIME }, 'all')
    case 'zone_state':
      return recordOf({ inside: BOOL, since: TIME }, 'all')
    case 'shift_of':
      return recordOf({ driver: TEXT, since: TIME })
    case 'find': {
      const entity = read.entity?.name ?? definitions.pipelines.get(read.pipeline?.name ?? '')?.card.name ?? 'deal'
      return entityType(definitions, entity) ?? recordOf({ id: TEXT })
    }
    default:
      return read satisfies never
  }
}

/** Pure. Everything the expressions of a rule may name. */
export function ruleScope(definitions: Definitions, rule: Rule, policy: RecordType): Scope {
  const entities = [...definitions.entities.keys()].map((id): [string, FactType] => [
    id,
    entityType(definitions, id) ?? TEXT,
  ])
  const names = rule.event?.kind === 'outside' ? rule.event.names.map(({ name }) => name) : []
  const [first, ...others] = names.map((name) => definitions.events.get(name)?.payload ?? new Map<string, FieldType>())
  const shared = [...(first ?? [])].filter(([field]) => others.every((other) => other.has(field)))
  const event = new Map<string, FieldType>([...shared, ['at', { of: 'time', list: false }]])
  return {
    now: TIME,
    today: TIME,
    policy,
    stage: recordOf({ id: TEXT, enteredAt: TIME }),
    event: recordOf(fieldsOf(event), 'all'),
    ...Object.fromEntries(entities),
    ...Object.fromEntries(rule.read.map(({ name, value }) => [name, readType(definitions, value)])),
  }
}
