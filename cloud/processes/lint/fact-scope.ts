import {
  BOOL,
  type Scope as FactScope,
  type FactType,
  INT,
  KIND_OF_WORD,
  recordOf,
  TEXT,
  TIME,
} from '../../expressions/fact-type.ts'
import type { Definitions } from '../notation/definitions.ts'
import type { FactRead } from '../notation/read.ts'
import type { FieldType } from '../notation/value.ts'
import { CARD_FIELDS, type Scope } from './scope.ts'

/** Pure. A type of the notation as a type of expressions. */
export const factType = ({ of, list }: FieldType): FactType =>
  list ? { kind: 'list', of: { kind: KIND_OF_WORD[of] } } : { kind: KIND_OF_WORD[of] }

const fields = (of: Iterable<readonly [string, FieldType]>): Readonly<Record<string, FactType>> =>
  Object.fromEntries([...of].map(([name, type]) => [name, factType(type)]))

/** What comes from outside and may never have been fetched. */
const OUTSIDE_ENTITIES = ['gateway']

/** Pure. The record of an entity: its fields, the standing ones, and links to other entities. */
export function entityRecord(definitions: Definitions, id: string): FactType {
  const entity = definitions.entities.get(id)
  const own = [...(entity?.fields ?? [])].map(([name, { type }]): [string, FieldType] => [name, type])
  const links = [...definitions.entities.keys()].map((name): [string, FieldType] => [name, { of: 'ref', list: false }])
  return recordOf(fields([...links, ...CARD_FIELDS, ...own]), OUTSIDE_ENTITIES.includes(id) ? 'all' : [])
}

/** Pure. What a read gives. */
function readType(definitions: Definitions, read: FactRead): FactType {
  switch (read.kind) {
    case 'find': {
      const entity = read.entity?.name ?? definitions.pipelines.get(read.pipeline?.name ?? '')?.card.name ?? ''
      return entityRecord(definitions, entity)
    }
    case 'free':
    case 'permit':
    case 'held':
    case 'area_outage':
      return BOOL
    case 'balance_of':
      return recordOf({ kopecks: INT, asOf: TIME }, 'all')
    case 'zone_state':
      return recordOf({ inside: BOOL, since: TIME }, 'all')
    case 'shift_of':
      // Shifts are Kordon's own table: absent means that nobody has opened one.
      return recordOf({ driver: TEXT, since: TIME })
  }
}

/** Pure. Every variable that an expression at this place may name. */
export function factScope(definitions: Definitions, scope: Scope): FactScope {
  return {
    ...Object.fromEntries([...definitions.entities.keys()].map((id) => [id, entityRecord(definitions, id)])),
    now: TIME,
    today: TIME,
    stage: recordOf({ id: TEXT, title: TEXT, enteredAt: TIME }),
    policy: recordOf(fields([...definitions.policy].map(([id, { type }]) => [id, type]))),
    ...(scope.event === undefined ? {} : { event: recordOf(fields(scope.event), 'all') }),
    ...(scope.answer === undefined ? {} : { answer: recordOf(fields(scope.answer)) }),
    ...Object.fromEntries(scope.reads.map(({ name, value }) => [name, readType(definitions, value)])),
  }
}
