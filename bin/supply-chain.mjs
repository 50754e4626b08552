#!/usr/bin/env node
// What Kordon is made of: node bin/supply-chain.mjs policy | licences | sbom [file] | check
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Licences that ask for no more than to be named, by SPDX id. Anything else needs a person's eyes and a line here. */
export const ALLOWED = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC-BY-4.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'MPL-2.0',
  'PostgreSQL',
  'Python-2.0',
  'Unlicense',
  'W3C-20150513',
  'Zlib',
])

/** Looked at by a person: what the manifest does not say, or says in other words. Never another licence than the true one. */
export const LOOKED_AT = new Map([
  ['png-js', 'MIT'], // its LICENSE file
  ['pause', 'MIT'], // its Readme; for building only
  ['cli-table', 'MIT'], // its README; for building only
  ['qrcode-terminal', 'Apache-2.0'], // written with a blank
])

/** Licences that ask for more, allowed to these packages alone, and why. */
export const EXCEPTIONS = new Map([
  ['spdx-exceptions', 'CC-BY-3.0'], // a list of names, inside npm
  ['npm', 'Artistic-2.0'], // a tool beside Node-RED, not changed and not handed on
])

/** Every package of the lock: name, version, licence, and whether the product needs it at run time. */
export function packages() {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'))
  return Object.entries(lock.packages).flatMap(([path, { version, dev, license, optional, integrity }]) => {
    if (path === '') return []
    const name = nameOf(path)
    const own = join(ROOT, path, 'package.json')
    const said = existsSync(own) ? JSON.parse(readFileSync(own, 'utf8')) : {}
    // Builds for other machines: not here, and of the same licence as the package that asks for them.
    const elsewhere = optional === true && license === undefined && !existsSync(own)
    const written = LOOKED_AT.get(name) ?? (elsewhere ? 'MIT' : undefined) ?? license ?? said.license ?? said.licenses
    const licence = Array.isArray(written)
      ? written.map((one) => one.type ?? one).join(' OR ')
      : (written?.type ?? written ?? 'none')
    return [
      {
        name,
        version,
        licence: String(licence),
        use: dev === true ? 'building' : 'running',
        optional: optional === true,
        ...(integrity === undefined ? {} : { integrity }),
      },
    ]
  })
}

/** Pure. Whether an SPDX expression can be met with allowed licences: of OR one, of AND all; or is the exception of this package. */
export function isAllowed(expression, name) {
  if (name !== undefined && EXCEPTIONS.get(name) === expression) return true
  const plain = expression.replaceAll(/[()]/g, ' ').trim()
  return plain.split(/\s+OR\s+/).some((part) => part.split(/\s+AND\s+/).every((id) => ALLOWED.has(id.trim())))
}

const nameOf = (path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
const EXACT = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/

/**
 * Pure. What a lock and its manifest say against the rules of this house, in words; asks nobody. Every version exact, every
 * package from a registry with a hash of 512 bits, no git, folder or plain http among the sources, no install script but
 * those the manifest names, and only the pinned runtime's may run.
 */
export function breaches(lock, manifest) {
  const wrong = []
  if (lock.lockfileVersion !== 3) wrong.push(`the lock is of version ${lock.lockfileVersion}, not 3`)
  const root = lock.packages[''] ?? {}
  const allowed = manifest.allowScripts ?? {}
  for (const [name, may] of Object.entries(allowed))
    if (may === true && name !== 'node') wrong.push(`${name}: its install script may run, only the runtime's may`)
  for (const kind of ['dependencies', 'devDependencies']) {
    for (const [name, version] of Object.entries(manifest[kind] ?? {})) {
      if (!EXACT.test(version)) wrong.push(`${name}: ${version} is no exact version`)
      if (root[kind]?.[name] !== version) wrong.push(`${name}: the lock was not made from this manifest`)
      const found = lock.packages[`node_modules/${name}`]?.version
      if (found !== version) wrong.push(`${name}: ${version} is wanted, ${found ?? 'nothing'} is locked`)
    }
    for (const name of Object.keys(root[kind] ?? {}))
      if (manifest[kind]?.[name] === undefined) wrong.push(`${name}: locked, and not in the manifest`)
  }
  for (const [path, one] of Object.entries(lock.packages)) {
    if (path === '') continue
    const say = (what) => wrong.push(`${path}: ${what}`)
    if (!path.startsWith('node_modules/') || one.link === true)
      say('is a folder beside us, not a package of a registry')
    if (!EXACT.test(one.version ?? '')) say(`${one.version ?? 'nothing'} is no exact version`)
    if (one.resolved !== undefined && !/^https:\/\/[^?#]+\.tgz$/.test(one.resolved)) say(`comes from ${one.resolved}`)
    // Inside another package, whose hash is of the whole; or a build for another machine, which is not installed here.
    const elsewhere = one.optional === true && (one.os !== undefined || one.cpu !== undefined || one.libc !== undefined)
    if (one.integrity === undefined ? !(one.inBundle === true || elsewhere) : !one.integrity.startsWith('sha512-'))
      say('has no hash of 512 bits')
    if (one.hasInstallScript === true && allowed[nameOf(path)] === undefined)
      say('brings an install script that the manifest does not name')
  }
  return wrong
}

/** Direct dependencies that docs/dependencies.md does not name; each needs a reason in words. */
export function undocumented(manifest, page) {
  const names = new Set([...page.matchAll(/`([@\w./*-]+)`/g)].map(([, name]) => name))
  return Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }).filter((name) => {
    const [scope, own] = name.split('/')
    return !(names.has(name) || (own !== undefined && (names.has(own) || names.has(`${scope}/*`))))
  })
}

const read = (file) => readFileSync(join(ROOT, file), 'utf8')

/** Everything that can be told of the lock without asking anybody; a part of `npm test`. */
function policy() {
  const manifest = JSON.parse(read('package.json'))
  const wrong = [
    ...breaches(JSON.parse(read('package-lock.json')), manifest),
    ...undocumented(manifest, read('docs/dependencies.md')).map(
      (name) => `${name}: docs/dependencies.md has no line for it`,
    ),
    ...packages()
      .filter(({ licence, name }) => !isAllowed(licence, name))
      .map(({ name, licence }) => `${name}: ${licence} is not among the allowed licences`),
  ]
  for (const line of wrong) console.error(line)
  if (wrong.length === 0) console.log(`${packages().length} packages keep the policy`)
  return wrong.length === 0 ? 0 : 1
}

const npm = (...args) => spawnSync('npm', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 })

/** CycloneDX 1.6 from the lock alone, so that it is the same on every machine: name, version, hash, licence of each package. */
function sbom(file = 'sbom.cdx.json') {
  const own = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const components = packages().map(({ name, version, licence, use, integrity }) => ({
    type: 'library',
    name,
    version,
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    scope: use === 'running' ? 'required' : 'excluded',
    licenses: [{ expression: licence }],
    ...(integrity?.startsWith('sha512-')
      ? { hashes: [{ alg: 'SHA-512', content: Buffer.from(integrity.slice(7), 'base64').toString('hex') }] }
      : {}),
  }))
  const component = {
    type: 'application',
    name: own.name,
    version: own.version,
    licenses: [{ expression: own.license }],
  }
  const made = { bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, metadata: { component }, components }
  writeFileSync(file, `${JSON.stringify(made, null, 2)}\n`)
  console.log(`${file}: ${components.length} components, CycloneDX`)
  return 0
}

function licences() {
  const all = packages()
  for (const { name, version, licence, use } of all) console.log(`${name}@${version}\t${licence}\t${use}`)
  const strange = all.filter(({ licence, name }) => !isAllowed(licence, name))
  for (const { name, licence } of strange) console.error(`${name}: ${licence} is not among the allowed licences`)
  return strange.length === 0 ? 0 : 1
}

/** Known advisories about what runs; asks the registry. 3: it did not tell, so nothing is known. */
function check() {
  const found = npm('audit', '--omit=dev', '--audit-level=moderate', '--json')
  const said = parsed(found.stdout)
  if (said?.metadata?.vulnerabilities === undefined) {
    console.error(`nothing is known: this registry answers no questions about advisories (${reasonIn(said, found)})`)
    console.error('ask one that does: npm audit --omit=dev --registry <its address>')
    return 3
  }
  for (const { name, severity, via } of Object.values(said.vulnerabilities ?? {}))
    console.log(`${name}: ${severity}: ${via.map((one) => one.title ?? one).join(', ')}`)
  console.log(`advisories: ${said.metadata.vulnerabilities.total}`)
  return found.status === 0 ? 0 : 1
}
function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
const reasonIn = (said, { stderr }) =>
  said?.error?.summary || said?.message || stderr.trim().split('\n').at(-1) || 'no answer'

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [command, file] = process.argv.slice(2)
  const work = { policy, sbom, licences, check }[command ?? '']
  if (work === undefined) console.error('usage: node bin/supply-chain.mjs policy | licences | sbom [file] | check')
  process.exitCode = work === undefined ? 2 : work(file)
}
