import { parseSync } from 'oxc-parser'

/** What the law needs to know about one file, read from its syntax tree. Lines count from 1. */
export type Source = {
  readonly path: string
  readonly lines: number
  readonly imports: readonly Import[]
  /** Calls and mentions of the outside world: `Date.now`, `process`, `fetch`, … as written. */
  readonly words: readonly Mention[]
  readonly forms: readonly Mention[]
  readonly texts: readonly Mention[]
  readonly functions: readonly { readonly name: string; readonly line: number; readonly lines: number }[]
}
export type Import = {
  readonly from: string
  readonly typeOnly: boolean
  readonly names: readonly string[]
  readonly line: number
}
export type Mention = { readonly what: string; readonly line: number }

type Node = { readonly type: string; readonly start: number; readonly end: number } & {
  readonly [key: string]: unknown
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'

function* children(node: Node): Generator<Node> {
  for (const value of Object.values(node)) {
    if (isNode(value)) yield value
    else if (Array.isArray(value)) for (const item of value) if (isNode(item)) yield item
  }
}

const nodesOf = (value: unknown): readonly Node[] => (Array.isArray(value) ? value.filter(isNode) : [])
const nameOf = (value: unknown): string | undefined => {
  if (!isNode(value)) return undefined
  if (value.type === 'Identifier' && typeof value['name'] === 'string') return value['name']
  if (value.type === 'Literal' && typeof value['value'] === 'string') return value['value']
  return undefined
}

const CLOCK_MEMBERS: Record<string, readonly string[]> = {
  Date: ['now'],
  performance: ['now', 'timeOrigin'],
  Math: ['random'],
  crypto: ['randomUUID', 'getRandomValues'],
}
const WORLD_OBJECTS = ['process', 'console']
const TIMERS = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'fetch']

/** Pure. Reads one file; throws when it does not parse, naming the file. */
export function readSource(path: string, text: string): Source {
  const parsed = parseSync(path, text)
  const [error] = parsed.errors
  if (error !== undefined) throw new Error(`${path}: ${error.message}`)
  const lineStarts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1)
  const lineOf = (offset: number) => lineStarts.filter((start) => start <= offset).length
  const found = {
    imports: [] as Import[],
    words: [] as Mention[],
    forms: [] as Mention[],
    texts: [] as Mention[],
    functions: [] as { name: string; line: number; lines: number }[],
  }
  const bound = boundNames(parsed.program)
  const visit = (node: Node, called: string): void => {
    const line = lineOf(node.start)
    const importing = importOf(node)
    if (importing !== undefined) found.imports.push({ ...importing, line })
    const word = worldWord(node, bound)
    if (word !== undefined) found.words.push({ what: word, line })
    const form = formOf(node, bound)
    if (form !== undefined) found.forms.push({ what: form, line })
    for (const what of textOf(node)) found.texts.push({ what, line })
    if (/Function(Declaration|Expression)$/.test(node.type))
      found.functions.push({ name: nameOf(node['id']) ?? called, line, lines: lineOf(node.end) - line + 1 })
    const naming = nameOf(node['id']) ?? nameOf(node['key']) ?? called
    for (const child of children(node)) visit(child, naming)
  }
  for (const statement of nodesOf(parsed.program.body)) visit(statement, '(unnamed)')
  return { path, lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0), ...found }
}

/** Names the file declares or imports itself: a parameter called `fetch` is not the world's fetch. */
function boundNames(program: unknown): ReadonlySet<string> {
  const names = new Set<string>()
  const bindPattern = (pattern: Node): void => {
    const name = pattern.type === 'Identifier' ? nameOf(pattern) : undefined
    if (name !== undefined) names.add(name)
    const inner = pattern.type === 'Property' ? [pattern['value']] : [pattern['left'], pattern['argument']]
    for (const part of [...inner, ...nodesOf(pattern['properties']), ...nodesOf(pattern['elements'])])
      if (isNode(part)) bindPattern(part)
  }
  const visit = (node: Node): void => {
    if (/^(VariableDeclarator|Function|Class|ArrowFunction)/.test(node.type) && isNode(node['id']))
      bindPattern(node['id'])
    if (/^(Function|ArrowFunction)/.test(node.type))
      for (const parameter of nodesOf(node['params'])) bindPattern(parameter)
    if (/^Import.*Specifier$/.test(node.type) && isNode(node['local'])) bindPattern(node['local'])
    for (const child of children(node)) visit(child)
  }
  if (isNode(program)) visit(program)
  return names
}

function importOf(node: Node): Omit<Import, 'line'> | undefined {
  const from = nameOf(node['source'])
  if (from === undefined) return undefined
  if (node.type === 'TSImportType') return { from, typeOnly: true, names: [] }
  if (node.type === 'ImportExpression') return { from, typeOnly: false, names: [] }
  if (!/^(ImportDeclaration|Export(Named|All)Declaration)$/.test(node.type)) return undefined
  const parts = nodesOf(node['specifiers'])
  const isType = (part: Node) => part['importKind'] === 'type' || part['exportKind'] === 'type'
  const typeOnly = isType(node) || (parts.length > 0 && parts.every(isType))
  const names = parts.filter((part) => !isType(part)).flatMap((part) => nameOf(part['imported'] ?? part['local']) ?? [])
  return { from, typeOnly, names }
}

function worldWord(node: Node, bound: ReadonlySet<string>): string | undefined {
  if (node.type === 'MemberExpression') {
    const object = nameOf(node['object'])
    const member = nameOf(node['property'])
    if (object === undefined || member === undefined || bound.has(object)) return undefined
    if (object === 'globalThis') return `globalThis.${member}`
    if (WORLD_OBJECTS.includes(object) || CLOCK_MEMBERS[object]?.includes(member) === true) return `${object}.${member}`
  }
  const callee = nameOf(node['callee'])
  if (callee === undefined || bound.has(callee)) return undefined
  if (callee === 'Date' && (node.type === 'CallExpression' || nodesOf(node['arguments']).length === 0))
    return 'new Date()'
  return TIMERS.includes(callee) ? callee : undefined
}

function formOf(node: Node, bound: ReadonlySet<string>): string | undefined {
  switch (node.type) {
    case 'ImportExpression':
      return 'import()'
    case 'TSImportEqualsDeclaration':
      return 'import ='
    case 'ExportDefaultDeclaration':
      return 'export default'
    case 'ExportAllDeclaration':
      return 'export *'
    case 'CallExpression':
      return nameOf(node['callee']) === 'require' && !bound.has('require') ? 'require' : undefined
    case 'TSModuleDeclaration':
      return node['kind'] === 'global' ? 'declare global' : `declare module ${nameOf(node['id'])}${augmented(node)}`
    default:
      return undefined
  }
}

const augmented = (node: Node): string => {
  const body = isNode(node['body']) ? nodesOf(node['body']['body']) : []
  return body.map((part) => `#${nameOf(part['id']) ?? part.type}`).join('')
}

function textOf(node: Node): readonly string[] {
  if (node.type === 'Literal' && typeof node['value'] === 'string') return [node['value']]
  if (node.type !== 'TemplateLiteral') return []
  const cooked = (quasi: Node) => {
    const value: unknown = quasi['value']
    return typeof value === 'object' && value !== null && 'raw' in value ? String(value.raw) : ''
  }
  return [nodesOf(node['quasis']).map(cooked).join('…')]
}
