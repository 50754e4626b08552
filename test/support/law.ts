import { posix } from 'node:path'
import type { Import, Mention, Source } from './law-source.ts'

/** One breach: where, which rule, what, and the way out. */
export type Breach = string

type Allowed = { readonly folder: string; readonly may: readonly string[]; readonly never?: readonly string[] }

/** Table 2.4 of the style law; the most specific folder wins. */
const DIRECTIONS: readonly Allowed[] = [
  { folder: 'contract/', may: ['contract/'] },
  {
    folder: 'edge/cli/',
    may: [
      'contract/',
      'edge/identity/',
      'edge/modbus/',
      'edge/nmea/',
      'edge/gpsd/',
      'edge/local-bus/',
      'edge/profile/',
      'edge/cli/',
    ],
  },
  { folder: 'edge/', may: ['contract/', 'edge/'], never: ['edge/cli/'] },
  { folder: 'cloud/cli/', may: ['contract/', 'cloud/cli/'] },
  { folder: 'cloud/console/', may: ['contract/', 'cloud/console/'] },
  { folder: 'cloud/', may: ['contract/', 'cloud/'], never: ['cloud/console/', 'cloud/cli/'] },
  { folder: 'demo/', may: ['contract/', 'edge/app.ts', 'demo/'] },
  { folder: 'flows/', may: ['flows/'] },
]

/** Packages that only compute: no clock, no random, no input or output. A new one joins by a line here. */
const PURE_PACKAGES = ['zod', 'yaml', 'flatbush', '@marcbachmann/cel-js', '@dagrejs/dagre', 'libphonenumber-js']

/** `module#name` pairs that a library documents for data of ours. Not FastifyInstance: services do not hang on it. */
const AUGMENTATIONS = ['fastify#FastifyContextConfig', 'fastify#FastifyRequest', 'i18next#CustomTypeOptions']

const SURFACES = ['cloud/console/', 'cloud/cli/', 'edge/cli/']
const TOPIC = /kordon\/v1|^owntracks\/|(^|\/)(up\/(records|status)|down\/(receipt|order|config))$/

const isSurface = (path: string) => SURFACES.some((folder) => path.startsWith(folder))
const isConsole = (path: string) => path.startsWith('cloud/console/')
const isMain = (path: string) => posix.basename(path) === 'main.ts'
const isComposition = (path: string) => /(^|\/)(main|app)\.ts$/.test(path)
/** Endings mean nothing in a surface. */
const isActing = (path: string) =>
  !isSurface(path) && (/-(store|client|routes|loop|service)\.ts$/.test(path) || isComposition(path))
const isPlain = (path: string) => !isSurface(path) && !isActing(path)

/** The file an import leads to, from the root of the repository; undefined for a package or a part of Node. */
export function localTarget(path: string, from: string): string | undefined {
  if (from.startsWith('#')) return from.slice(1)
  if (from.startsWith('.')) return posix.normalize(posix.join(posix.dirname(path), from.replace(/\?.*$/, '')))
  return undefined
}

const packageOf = (from: string) =>
  from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/')
const breach = (path: string, line: number, rule: string, text: string): Breach => `${path}:${line} ${rule}: ${text}`

/** Pure. Every local import is allowed by the table; contract takes zod only, the console takes only types of contract. */
export const checkDirection = (source: Source): readonly Breach[] =>
  source.imports.flatMap((one) => directionOf(source.path, one))

function directionOf(path: string, { from, typeOnly, line }: Import): readonly Breach[] {
  const say = (text: string) => [breach(path, line, 'direction', text)]
  const target = localTarget(path, from)
  if (target === undefined) return packageDirection(path, from, typeOnly, say)
  if (!/\.tsx?$/.test(target) && !(isConsole(path) && posix.extname(target) !== ''))
    return say(`'${from}' carries no .ts; Node resolves no endings`)
  if (from.startsWith('.') && target.startsWith('contract/') && !path.startsWith('contract/'))
    return say(`'${from}' is written '#${target}'`)
  const rule = DIRECTIONS.filter((row) => path.startsWith(row.folder)).sort(
    (a, b) => b.folder.length - a.folder.length,
  )[0]
  const within = (folders: readonly string[] | undefined) =>
    folders?.some((folder) => target.startsWith(folder)) === true
  if (!within(rule?.may) || within(rule?.never))
    return say(
      `${rule?.folder ?? 'a file outside the tree'} may not import ${target}; it may import ${rule?.may.join(' ')}`,
    )
  if (isConsole(path) && target.startsWith('contract/') && !typeOnly)
    return say(`the console takes types only from contract: import type … from '${from}'`)
  return []
}

function packageDirection(path: string, from: string, typeOnly: boolean, say: (text: string) => readonly Breach[]) {
  if (path.startsWith('contract/') && from !== 'zod') return say(`contract imports zod only, not '${from}'`)
  if (isConsole(path) && !typeOnly && from === 'zod') return say('zod does not belong in the browser bundle')
  return []
}

/** Pure. A plain noun computes: no Node, no acting file, no package beyond the pure list, no timer, no fetch. */
export function checkPurity(source: Source): readonly Breach[] {
  if (!isPlain(source.path)) return []
  const wayOut = 'give the file an ending that may, or take the thing as an argument'
  const imports = source.imports.flatMap(({ from, typeOnly, line }) => {
    const target = localTarget(source.path, from)
    if (typeOnly || (target !== undefined && !isActing(target))) return []
    if (target === undefined && PURE_PACKAGES.includes(packageOf(from))) return []
    return [breach(source.path, line, 'purity', `a plain noun imports '${from}' by value; ${wayOut}`)]
  })
  const timers = source.words.filter(({ what }) => /^(set|queue|fetch)/.test(what))
  return [
    ...imports,
    ...timers.map(({ what, line }) => breach(source.path, line, 'purity', `a plain noun calls ${what}; ${wayOut}`)),
  ]
}

/** Pure. Clock, random numbers, environment and console are said in main.ts and in the surfaces only. */
export function checkWorldWords(source: Source): readonly Breach[] {
  if (isMain(source.path) || isSurface(source.path)) return []
  const said = (line: number, what: string) =>
    breach(source.path, line, 'world words', `${what} belongs to main.ts; take a Clock or the world as an argument`)
  const imported = source.imports.flatMap(({ from, names, line }) => {
    if (/^(node:)?process$/.test(from)) return [said(line, 'process')]
    return /^(node:)?crypto$/.test(from) && names.includes('randomUUID') ? [said(line, 'randomUUID')] : []
  })
  const words = source.words.filter(({ what }) => !/^(set|queue|fetch)/.test(what))
  return [...imported, ...words.map(({ what, line }) => said(line, what))]
}

/** Pure. Whoever constructs is called main.ts or app.ts; everyone else receives the thing and imports its type. */
export function checkConstruction(source: Source): readonly Breach[] {
  if (isComposition(source.path)) return []
  return source.imports.flatMap(({ from, typeOnly, line }) => {
    const target = localTarget(source.path, from)
    if (typeOnly || target === undefined || !isActing(target)) return []
    return [
      breach(
        source.path,
        line,
        'construction',
        `${target} acts: only main.ts and app.ts import it by value; import its type, take it as an argument`,
      ),
    ]
  })
}

/** Pure. The forms that hide wiring, and topic strings outside contract/topics.ts. */
export function checkForm(source: Source): readonly Breach[] {
  const { path } = source
  const forms = source.forms.filter(({ what }) => !isAllowedForm(path, what))
  const topics = path === 'contract/topics.ts' ? [] : source.texts.filter(({ what }) => TOPIC.test(what))
  return [
    ...forms.map(({ what, line }) =>
      breach(path, line, 'form', `${what} is not used in this house; import by name, at the top`),
    ),
    ...topics.map(({ what, line }: Mention) =>
      breach(path, line, 'form', `the topic '${what}' is built by contract/topics.ts`),
    ),
  ]
}

function isAllowedForm(path: string, what: string): boolean {
  if (what === 'import()') return isConsole(path)
  // Vite and its kin take their configuration from a default export; a .d.ts describes what others wrote.
  if (what === 'export default') return /\.(config|d)\.ts$/.test(path)
  const [module, ...names] = what.replace('declare module ', '').split('#')
  if (!what.startsWith('declare module') || module?.startsWith('.') === true) return false
  return path.endsWith('.d.ts') || names.every((name) => AUGMENTATIONS.includes(`${module}#${name}`))
}

/** Pure. All checks of one file. */
export const checkFile = (source: Source): readonly Breach[] =>
  [checkDirection, checkPurity, checkWorldWords, checkConstruction, checkForm].flatMap((check) => check(source))

/** Pure. Rings of value imports, each once, as the list of files that closes on its first. */
export function findCycles(sources: readonly Source[]): readonly (readonly string[])[] {
  const next = new Map(
    sources.map(({ path, imports }) => [
      path,
      imports.filter(({ typeOnly }) => !typeOnly).flatMap(({ from }) => localTarget(path, from) ?? []),
    ]),
  )
  const done = new Set<string>()
  const rings: string[][] = []
  const walk = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path)
    if (start !== -1) {
      rings.push([...way.slice(start), path])
      return
    }
    if (done.has(path)) return
    for (const target of next.get(path) ?? []) walk(target, [...way, path])
    done.add(path)
  }
  for (const path of next.keys()) walk(path, [])
  return rings
}

const DRAWER = /(^|[-/])(utils?|helpers?|common|shared|types|constants|manager|handler|misc|data)\.tsx?$/
const LISTED = 10

/** Pure. What to question, not to fail: names off the list, long files, long functions; the ten largest of each. */
export function listOutliers(sources: readonly Source[]): readonly string[] {
  const isKebab = (path: string) =>
    /^[a-z0-9]+(-[a-z0-9]+)*(\.config|\.d|\.generated)?\.tsx?$/.test(posix.basename(path))
  const names = sources.filter(({ path }) => DRAWER.test(path) || !isKebab(path)).map(({ path }) => `name  ${path}`)
  const files = sources.filter(({ lines }) => lines > 250).sort((a, b) => b.lines - a.lines)
  const functions = sources
    .flatMap(({ path, functions: all }) => all.map((one) => ({ ...one, path })))
    .filter(({ path, lines }) => lines > (path.endsWith('.tsx') ? 80 : 40))
    .sort((a, b) => b.lines - a.lines)
  return [
    ...names.slice(0, LISTED),
    ...files.slice(0, LISTED).map(({ path, lines }) => `file  ${lines} lines  ${path}`),
    ...functions
      .slice(0, LISTED)
      .map(({ path, line, name, lines }) => `function  ${lines} lines  ${path}:${line} ${name}`),
  ]
}
