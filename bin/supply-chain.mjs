#!/usr/bin/env node
// What Kordon is made of: node bin/supply-chain.mjs sbom [file] | licences | check
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
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
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

/** Known advisories about what runs (asks the registry), and signatures of what was installed. */
function check() {
  const found = npm('audit', '--omit=dev', '--audit-level=moderate')
  console.log(found.stdout.trim() || found.stderr.trim())
  return found.status === 0 ? 0 : 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [command, file] = process.argv.slice(2)
  const work = { sbom, licences, check }[command ?? '']
  if (work === undefined) console.error('usage: node bin/supply-chain.mjs sbom [file] | licences | check')
  process.exitCode = work === undefined ? 2 : work(file)
}
