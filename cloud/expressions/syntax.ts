import type { ASTNode } from '@marcbachmann/cel-js'
import { isOutside, type Scope } from './fact-type.ts'
import { ALLOWED_FUNCTIONS, NEEDS_ZONE } from './functions.ts'
import { type Mistake, mistake } from './mistake.ts'

/** A value an expression looks at: `vehicle.dkUntil`, and whether it only asks if it is there. */
export type Read = { readonly path: readonly string[]; readonly how: 'value' | 'presence' }

const MACROS_OVER_LISTS: ReadonlySet<string> = new Set(['exists', 'all', 'exists_one', 'filter', 'map'])

/** Pure. `a.b.c` as a path; undefined when it does not begin with a name. */
function pathOf(node: ASTNode): readonly string[] | undefined {
  if (node.op === 'id') return [node.args]
  if (node.op !== '.') return undefined
  const holder = pathOf(node.args[0])
  return holder && [...holder, node.args[1]]
}

function childrenOf(node: ASTNode): readonly ASTNode[] {
  switch (node.op) {
    case 'value':
    case 'id':
      return []
    case '.':
    case '.?':
      return [node.args[0]]
    case 'call':
      return node.args[1]
    case 'rcall':
      return [node.args[1], ...node.args[2]]
    case 'list':
      return node.args
    case 'map':
      return node.args.flat()
    case '!_':
    case '-_':
      return [node.args]
    default:
      return node.args
  }
}

/** Pure. Every value the expression looks at, each once; names bound inside `exists(x, …)` are not values. */
export function readsOf(root: ASTNode): readonly Read[] {
  const found = new Map<string, Read>()
  const visit = (node: ASTNode, bound: readonly string[], how: Read['how']): void => {
    const path = pathOf(node)
    if (path !== undefined) {
      if (!bound.includes(path[0] ?? '')) {
        const key = path.join('.')
        if (how === 'value' || !found.has(key)) found.set(key, { path, how })
      }
      return
    }
    if (node.op === 'rcall' && MACROS_OVER_LISTS.has(node.args[0])) {
      const [, list, [variable, ...rest]] = node.args
      visit(list, bound, 'value')
      const name = variable?.op === 'id' ? variable.args : ''
      for (const each of rest) visit(each, [...bound, name], 'value')
      return
    }
    const presence = node.op === 'call' && node.args[0] === 'has'
    for (const child of childrenOf(node)) visit(child, bound, presence ? 'presence' : how)
  }
  visit(root, [], 'value')
  return [...found.values()]
}

/** Pure. What the library lets pass and we do not. */
export function lintSyntax(root: ASTNode, source: string, scope: Scope): readonly Mistake[] {
  const found: Mistake[] = []
  const say = (node: ASTNode, code: string, ru: string, en: string) =>
    found.push(mistake(source, node.range, code, ru, en))
  /** `positive`: the whole can only gain by this being true. */
  const visit = (node: ASTNode, sign: 'positive' | 'negative' | 'either'): void => {
    if (node.op === 'value' && node.args === null)
      say(node, 'null', 'null не пишут: есть ли значение, спрашивает has(…)', 'null is not written: has(…) asks')
    if (node.op === 'call' || node.op === 'rcall') visitCall(node)
    const path = node.op === 'call' && node.args[0] === 'has' ? pathOf(node.args[1][0] ?? node) : undefined
    if (path !== undefined && sign !== 'positive' && isOutside(scope, path))
      say(
        node,
        'has-outside',
        `!has(${path.join('.')}) верно и тогда, когда данных просто нет: так можно спрашивать только о том, что ведёт сам Кордон`,
        `!has(${path.join('.')}) also holds when the value was never fetched: allowed only on what Kordon keeps itself`,
      )
    const inner = innerSign(node, sign)
    for (const [index, child] of childrenOf(node).entries()) visit(child, node.op === '?:' && index > 0 ? sign : inner)
  }
  const visitCall = (node: ASTNode & { op: 'call' | 'rcall' }): void => {
    const name = node.args[0]
    if (!ALLOWED_FUNCTIONS.has(name))
      say(node, 'function', `Функции ${name}() в правилах нет`, `there is no function ${name}() in rules`)
    if (node.op === 'rcall' && NEEDS_ZONE.has(name) && node.args[2].length === 0)
      say(node, 'zone', `Назовите пояс: ${name}('Europe/Moscow')`, `name the zone: ${name}('Europe/Moscow')`)
  }
  visit(root, 'positive')
  return found
}

type Sign = 'positive' | 'negative' | 'either'
function innerSign(node: ASTNode, sign: Sign): Sign {
  if (node.op === '!_') return sign === 'either' ? sign : sign === 'positive' ? 'negative' : 'positive'
  return node.op === '&&' || node.op === '||' ? sign : 'either'
}

/** Pure. Parts that need no facts: what is wrong with them is wrong always (`duration("3d")`). */
export function constantParts(root: ASTNode): readonly ASTNode[] {
  if (root.op === 'call' && (root.args[0] === 'duration' || root.args[0] === 'timestamp'))
    return root.args[1].every((each) => each.op === 'value') ? [root] : []
  return childrenOf(root).flatMap(constantParts)
}
