import type { Filter } from '../api/lists.ts'

/** What a board or a list shows: the same words in the address and in the request. */
export type BoardQuery = {
  readonly pipeline: string | null
  readonly view: 'board' | 'list'
  readonly q: string
  readonly stage: string | null
  readonly responsible: string | null
  readonly overdue: boolean
  readonly withoutTasks: boolean
  readonly state: 'open' | 'closed' | 'all'
  readonly sort: Sort
  /** Field → value. */
  readonly fields: Readonly<Record<string, string>>
}
export const SORTS = ['enteredAt', '-enteredAt', 'createdAt', '-createdAt', 'no', '-no'] as const
export type Sort = (typeof SORTS)[number]

const FIELD = 'f.'

/** Pure. */
export function queryFrom(search: URLSearchParams): BoardQuery {
  const state = search.get('state')
  return {
    pipeline: search.get('pipeline'),
    view: search.get('view') === 'list' ? 'list' : 'board',
    q: search.get('q') ?? '',
    stage: search.get('stage'),
    responsible: search.get('responsible'),
    overdue: search.get('overdue') === 'yes',
    withoutTasks: search.get('tasks') === 'none',
    state: state === 'closed' || state === 'all' ? state : 'open',
    sort: SORTS.find((sort) => sort === search.get('sort')) ?? 'enteredAt',
    fields: Object.fromEntries(
      [...search].flatMap(([name, value]) => (name.startsWith(FIELD) ? [[name.slice(FIELD.length), value]] : [])),
    ),
  }
}

/** Pure. The address of a query; what is as usual is left out. */
export function searchFrom(query: BoardQuery): URLSearchParams {
  const search = new URLSearchParams()
  const put = (name: string, value: string | null): void => {
    if (value !== null && value !== '') search.set(name, value)
  }
  put('pipeline', query.pipeline)
  put('view', query.view === 'list' ? 'list' : null)
  put('q', query.q)
  put('stage', query.stage)
  put('responsible', query.responsible)
  put('overdue', query.overdue ? 'yes' : null)
  put('tasks', query.withoutTasks ? 'none' : null)
  put('state', query.state === 'open' ? null : query.state)
  put('sort', query.sort === 'enteredAt' ? null : query.sort)
  for (const [field, value] of Object.entries(query.fields)) put(`${FIELD}${field}`, value)
  return search
}

/** Pure. What narrows the cards, as the server takes it; order and stage apart. */
export const narrowing = (query: BoardQuery): Filter => ({
  pipeline: query.pipeline,
  q: query.q.trim(),
  responsible: query.responsible,
  overdue: query.overdue ? 'yes' : null,
  tasks: query.withoutTasks ? 'none' : null,
  fields: Object.keys(query.fields).length === 0 ? null : JSON.stringify(query.fields),
})

/** Pure. Whether anything narrows the view. */
export const isNarrowed = (query: BoardQuery): boolean =>
  query.q.trim() !== '' ||
  query.responsible !== null ||
  query.overdue ||
  query.withoutTasks ||
  query.stage !== null ||
  Object.keys(query.fields).length > 0
