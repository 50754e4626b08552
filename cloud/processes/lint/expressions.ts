import { BOOL, DURATION, type FactType, INT, TEXT, TIME } from '../../expressions/fact-type.ts'
import type { Action } from '../notation/action.ts'
import type { Definitions } from '../notation/definitions.ts'
import type { Position } from '../notation/problem.ts'
import type { NamedRead } from '../notation/read.ts'
import { type Assignment, type Expr, isCel, type Value } from '../notation/value.ts'
import { factType } from './fact-scope.ts'
import { NOWHERE, resolvePath, type Scope } from './scope.ts'
import { boundIn, flattened, ruleScope, sitesOf, triggerScope, type Usage, usageOf } from './sites.ts'

/** An expression with all that is needed to check and to run it. */
export type PlacedExpr = {
  readonly cel: string
  readonly pos: Position
  readonly scope: Scope
  /** Absent: anything. */
  readonly gives: FactType | undefined
  /** A condition that decides about a person or a vehicle. */
  readonly decides: boolean
}
/** A field that is written or compared, with the entity whose field a bare name is. */
export type PlacedField = {
  readonly path: string
  readonly pos: Position
  readonly base: string | undefined
  readonly value: Value | undefined
  /** The value joins a list. */
  readonly joins: boolean
  readonly scope: Scope
}

/** Pure. Fields that an action writes or compares. */
export function fieldsOfAction(definitions: Definitions, one: Action, scope: Scope): readonly PlacedField[] {
  const of = (items: readonly Assignment[], base: string | undefined, joins = false): readonly PlacedField[] =>
    items.map(({ path, pos, value }) => ({ path, pos, base, value, joins, scope }))
  const bare = (items: readonly { readonly name: string; readonly pos: Position }[], base: string | undefined) =>
    items.map(({ name, pos }): PlacedField => ({ path: name, pos, base, value: undefined, joins: false, scope }))
  switch (one.kind) {
    case 'set':
    case 'move':
      return of(one.set, scope.card)
    case 'spawn':
    case 'create': {
      const base = definitions.pipelines.get(one.pipeline.name)?.card.name
      return [...of(one.set, base), ...of(one.unlessOpen, base), ...bare(one.link, base)]
    }
    case 'registry':
      return [...of(one.set, one.entity.name), ...of(one.append, one.entity.name, true)]
    case 'number':
      return bare([one.field], scope.card)
    case 'add_payment': {
      const base = one.match[0]?.path.split('.')[0]
      return [...of(one.match, base), ...bare(one.fill, base)]
    }
    case 'send':
      return bare(
        one.attach.filter(({ name }) => name.includes('.')),
        scope.card,
      )
    default:
      return []
  }
}

/** Pure. Expressions of an action that are not values of fields. */
function exprsOfAction(
  one: Action,
): readonly { readonly expr: Expr | Value | undefined; readonly gives: FactType | undefined }[] {
  switch (one.kind) {
    case 'task':
      return [
        { expr: one.at, gives: TIME },
        { expr: one.dueAt, gives: TIME },
      ]
    case 'spawn':
    case 'create':
      return [{ expr: one.at, gives: TIME }]
    case 'hold':
      return [{ expr: one.key, gives: TEXT }]
    case 'registry':
      return [{ expr: one.key, gives: undefined }]
    case 'book':
      return [
        { expr: one.at, gives: TIME },
        { expr: one.who, gives: TEXT },
      ]
    case 'grant':
      return [{ expr: one.until, gives: TIME }]
    case 'add_payment':
      return [
        { expr: one.amount, gives: INT },
        { expr: one.key, gives: TEXT },
      ]
    case 'call':
      return one.args.map(({ value }) => ({ expr: value, gives: undefined }))
    default:
      return []
  }
}

type Put = (expr: Expr | Value | undefined, scope: Scope, gives: FactType | undefined, decides?: 'decides') => void

/** Pure. Every expression of the definitions. */
export function expressionsOf(definitions: Definitions, usage: Usage = usageOf(definitions)): readonly PlacedExpr[] {
  const found: PlacedExpr[] = []
  const put: Put = (expr, scope, gives, decides) => {
    if (expr !== undefined && 'cel' in expr)
      found.push({ cel: expr.cel, pos: expr.pos, scope, gives, decides: decides !== undefined })
  }
  for (const site of sitesOf(definitions, usage))
    for (const one of flattened(site.actions)) {
      for (const { expr, gives } of exprsOfAction(one)) put(expr, site.scope, gives)
      for (const field of fieldsOfAction(definitions, one, site.scope)) {
        const type = resolvePath(definitions, field.base, field.path)?.type
        const gives = type && factType(field.joins ? { of: type.of, list: false } : type)
        if (field.value !== undefined && isCel(field.value)) put(field.value, field.scope, gives)
      }
    }
  pipelineExprs(definitions, put)
  processExprs(definitions, put)
  for (const rule of definitions.rules.values()) {
    const scope = ruleScope(definitions, rule)
    put(rule.if, scope, BOOL, 'decides')
    put(rule.unless, scope, BOOL, 'decides')
    put(rule.notNow, scope, BOOL, 'decides')
    put(rule.for?.where, { ...scope, reads: [], event: undefined }, BOOL, 'decides')
    readExprs(definitions, rule.read, scope, put)
  }
  for (const task of definitions.tasks.values()) {
    const cards = new Set([...(usage.tasks.get(task.id) ?? [])].map((id) => definitions.pipelines.get(id)?.card.name))
    const scope = { ...NOWHERE, card: cards.size === 1 ? [...cards][0] : undefined }
    put(task.dueAt, scope, TIME)
    for (const pick of task.pick.values()) put(pick.freeAt, scope, TIME)
  }
  return found
}

function pipelineExprs(definitions: Definitions, put: Put): void {
  for (const pipeline of definitions.pipelines.values())
    for (const stage of pipeline.stages) {
      const scope: Scope = { ...NOWHERE, card: pipeline.card.name, reads: stage.read }
      for (const guard of [...stage.guardIn, ...stage.guardOut]) put(guard.if, scope, BOOL, 'decides')
      if (stage.limit !== undefined && 'cel' in stage.limit.for) put(stage.limit.for, scope, DURATION)
      readExprs(definitions, stage.read, scope, put)
      for (const reaction of stage.when) {
        put(reaction.if, { ...scope, ...triggerScope(definitions, reaction.event) }, BOOL, 'decides')
        if (reaction.event.kind === 'before' || reaction.event.kind === 'after') put(reaction.event.time, scope, TIME)
      }
    }
}

function processExprs(definitions: Definitions, put: Put): void {
  for (const process of definitions.processes.values()) {
    const scope: Scope = { ...NOWHERE, card: process.card.name, reads: process.read, bound: boundIn(process) }
    readExprs(definitions, process.read, scope, put)
    for (const { body } of process.steps) {
      if (body.kind === 'branch') for (const line of body.lines) put(line.if, scope, BOOL, 'decides')
      if (body.kind === 'ask') {
        put(body.ask.after, scope, TIME)
        put(body.ask.pickFrom?.freeAt, scope, TIME)
      }
      if (body.kind === 'wait') put(body.wait.until, scope, TIME)
      if (body.kind === 'remind') {
        put(body.remind.before, scope, TIME)
        put(body.remind.after, scope, TIME)
      }
    }
  }
}

function readExprs(definitions: Definitions, reads: readonly NamedRead[], whole: Scope, put: Put): void {
  // A read is loaded before the others are known, so it may name only what the card itself brings.
  const scope = { ...whole, reads: [] }
  for (const { value: read } of reads) {
    if (read.kind === 'find') {
      const base = read.entity?.name ?? definitions.pipelines.get(read.pipeline?.name ?? '')?.card.name
      for (const { path, value } of read.match) {
        const type = resolvePath(definitions, base, path)?.type
        put(value, scope, type && factType(type))
      }
    }
    if (read.kind === 'free') put(read.at, scope, TIME)
    if (read.kind === 'held') put(read.key, scope, TEXT)
    if (read.kind === 'zone_state') put(read.zone, scope, TEXT)
    if (read.kind === 'balance_of') put(read.maxAge, scope, DURATION)
  }
}
