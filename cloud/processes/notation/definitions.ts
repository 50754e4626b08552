import {
  type DocumentTemplate,
  documents,
  type EnglishWords,
  type Entity,
  type EventType,
  englishWords,
  entities,
  events,
  type Message,
  messages,
  type Org,
  org,
  type PolicyField,
  policyFields,
  type Series,
  taskMap,
} from './catalogue.ts'
import { type Kpi, kpi } from './kpi.ts'
import { type Pipeline, pipeline, type Stage } from './pipeline.ts'
import type { Position, Report } from './problem.ts'
import { type Process, process } from './process.ts'
import { map } from './reader.ts'
import { type Rule, rule } from './rule.ts'
import { type Node, readSource, type SourceFile } from './source.ts'
import { type TaskTemplate, taskTemplate } from './task.ts'

/** Everything that a set of files says. */
export type Definitions = {
  readonly org: Org
  readonly policy: ReadonlyMap<string, PolicyField>
  readonly entities: ReadonlyMap<string, Entity>
  readonly events: ReadonlyMap<string, EventType>
  readonly pipelines: ReadonlyMap<string, Pipeline>
  readonly processes: ReadonlyMap<string, Process>
  readonly rules: ReadonlyMap<string, Rule>
  readonly tasks: ReadonlyMap<string, TaskTemplate>
  readonly messages: ReadonlyMap<string, Message>
  readonly documents: ReadonlyMap<string, DocumentTemplate>
  readonly series: ReadonlyMap<string, Series>
  readonly kpis: ReadonlyMap<string, Kpi>
  /** Names and sentences of these files in English, by the words as they are written. */
  readonly english: ReadonlyMap<string, EnglishWords>
}

const NO_ORG: Org = {
  roles: new Map(),
  groups: new Map(),
  calendars: new Map(),
  workplaces: new Map(),
  resources: new Map(),
  ports: new Set(),
  screens: new Set(),
}

type Draft = {
  org: Org | undefined
  policy: Map<string, PolicyField>
  entities: Map<string, Entity>
  events: Map<string, EventType>
  pipelines: Map<string, Pipeline>
  processes: Map<string, Process>
  rules: Map<string, Rule>
  tasks: Map<string, TaskTemplate>
  messages: Map<string, Message>
  documents: Map<string, DocumentTemplate>
  series: Map<string, Series>
  kpis: Map<string, Kpi>
  english: Map<string, EnglishWords>
}

const KINDS = [
  'org',
  'policy',
  'entities',
  'events',
  'pipeline',
  'process',
  'rule',
  'tasks',
  'messages',
  'documents',
  'kpi',
  'english',
]

/** Pure. Reads files into one set of definitions; every wrong place goes to `report`, what is right is kept. */
export function readDefinitions(files: readonly SourceFile[], report: Report): Definitions {
  const draft: Draft = {
    org: undefined,
    policy: new Map(),
    entities: new Map(),
    events: new Map(),
    pipelines: new Map(),
    processes: new Map(),
    rules: new Map(),
    tasks: new Map(),
    messages: new Map(),
    documents: new Map(),
    series: new Map(),
    kpis: new Map(),
    english: new Map(),
  }
  const ids = new Map<string, Position>()
  for (const file of files)
    for (const document of readSource(file, report)) {
      nameOnce(document, ids, report)
      readOne(document, draft, report)
    }
  return { ...draft, org: draft.org ?? NO_ORG }
}

const scalarOf = (document: Node, key: string): { readonly word: string; readonly at: Position } | undefined => {
  const value = document.kind === 'map' ? document.entries.find((entry) => entry.key === key)?.value : undefined
  return value?.kind === 'scalar' && typeof value.value === 'string' ? { word: value.value, at: value.at } : undefined
}

function nameOnce(document: Node, ids: Map<string, Position>, report: Report): void {
  const kind = scalarOf(document, 'kind')
  const id = scalarOf(document, 'id')
  if (kind === undefined || id === undefined) return
  if (!/^[a-z][a-z0-9_]*$/.test(id.word))
    report(id.at, 2, `Имя «${id.word}» не годится`, 'Имена пишутся латиницей в snake_case')
  const key = `${kind.word} ${id.word}`
  const first = ids.get(key)
  if (first !== undefined)
    report(id.at, 2, `${kind.word} «${id.word}» уже есть (${first.file}:${first.line})`, 'Дайте другое имя')
  else ids.set(key, id.at)
}

function readOne(document: Node, draft: Draft, report: Report): void {
  const kind = scalarOf(document, 'kind')
  const add = <T extends { readonly id: string; readonly pos: Position }>(
    into: Map<string, T>,
    items: readonly T[] | undefined,
    what: string,
  ) => {
    for (const item of items ?? []) {
      const first = into.get(item.id)
      if (first !== undefined)
        report(item.pos, 2, `${what} «${item.id}» уже есть (${first.pos.file}:${first.pos.line})`, 'Дайте другое имя')
      else into.set(item.id, item)
    }
  }
  const one = <T>(item: T | undefined): readonly T[] => (item === undefined ? [] : [item])
  switch (kind?.word) {
    case 'org': {
      if (draft.org !== undefined) report(document.at, 2, 'org уже есть', 'Оставьте один')
      draft.org = org(document, report) ?? draft.org
      break
    }
    case 'policy':
      add(draft.policy, policyFields(document, report), 'Число политики')
      break
    case 'entities':
      add(draft.entities, entities(document, report), 'Вид карточек')
      break
    case 'events':
      add(draft.events, events(document, report), 'Событие')
      break
    case 'pipeline':
      add(draft.pipelines, one(pipeline(document, report)), 'Воронка')
      break
    case 'process':
      add(draft.processes, one(process(document, report)), 'Процесс')
      break
    case 'rule':
      add(draft.rules, one(rule(document, report)), 'Правило')
      break
    case 'tasks': {
      const tasks = taskMap(document, report)
      const read = tasks && map(taskTemplate, 'tasks')(tasks, report)
      add(
        draft.tasks,
        read?.map(({ name: id, pos, value }) => ({ id, ...value, pos })),
        'Задача',
      )
      break
    }
    case 'messages':
      add(draft.messages, messages(document, report), 'Сообщение')
      break
    case 'kpi':
      add(draft.kpis, one(kpi(document, report)), 'Показатель')
      break
    case 'english':
      add(draft.english, englishWords(document, report), 'Перевод')
      break
    case 'documents': {
      const read = documents(document, report)
      add(draft.documents, read?.documents, 'Документ')
      add(draft.series, read?.series, 'Нумерация')
      break
    }
    default:
      report(
        kind?.at ?? document.at,
        2,
        kind === undefined ? 'Нет kind' : `Неизвестный kind «${kind.word}»`,
        `Бывают: ${KINDS.join(', ')}`,
      )
  }
}

/** Pure. A stage of a pipeline by id. */
export const stageOf = (given: Pipeline | undefined, id: string): Stage | undefined =>
  given?.stages.find((stage) => stage.id === id)
