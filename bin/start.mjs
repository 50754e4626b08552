#!/usr/bin/env node
// npm start: everything on a machine with only Node (>= 20) and npm. Installs, builds, starts cloud and virtual fleet.
import { createServer } from 'node:net'
import { join, relative, resolve } from 'node:path'
import { buildConsole, CLOUD_FLAGS, consoleIsFresh, ensureInstalled, PINNED_NODE, ROOT } from './installation.mjs'
import { createSupervisor } from './supervisor.mjs'

const startedAt = Date.now()
const since = () => `${((Date.now() - startedAt) / 1000).toFixed(1)} s`

if (Number(process.versions.node.split('.')[0]) < 20) {
  console.error(`Kordon needs Node 20 or newer to start (this is ${process.versions.node}).`)
  process.exit(1)
}

const host = process.env.KORDON_HOST ?? '127.0.0.1'
const PORTS = [
  { what: 'HTTP', variable: 'KORDON_HTTP_PORT', usual: 8080, host },
  ...(process.env.BROKER_URL
    ? []
    : [
        { what: 'MQTT', variable: 'KORDON_MQTT_PORT', usual: 1883, host: '127.0.0.1' },
        { what: 'MQTT over TLS', variable: 'KORDON_MQTTS_PORT', usual: 8883, host },
      ]),
].map((entry) => ({ ...entry, port: Number(process.env[entry.variable] ?? entry.usual) }))

/** Undefined when the port can be had, else the reason. */
const portTrouble = ({ port, host: address }) =>
  new Promise((done) => {
    const server = createServer()
    server.once('error', (error) => done(error.code))
    server.listen({ port, host: address, exclusive: true }, () => server.close(() => done(undefined)))
  })

const TROUBLE = {
  EADDRINUSE: 'is taken by another program (perhaps a Kordon that still runs)',
  EACCES: 'may not be opened by this user',
  EADDRNOTAVAIL: 'cannot be opened: this machine has no such address',
}

async function refuseTakenPorts() {
  const troubles = []
  for (const entry of PORTS) {
    const code = entry.port === 0 ? undefined : await portTrouble(entry)
    if (code !== undefined) troubles.push({ ...entry, code })
  }
  if (troubles.length === 0) return
  for (const { what, variable, port, host: address, code } of troubles)
    console.error(
      `Port ${port} on ${address} (${what}) ${TROUBLE[code] ?? `cannot be opened: ${code}`}. Another port: ${variable}=${port + 10}`,
    )
  console.error(`For example: ${troubles.map(({ variable, port }) => `${variable}=${port + 10}`).join(' ')} npm start`)
  process.exit(1)
}

await refuseTakenPorts()
if (!(await ensureInstalled())) process.exit(1)
if (!consoleIsFresh()) {
  const buildStartedAt = Date.now()
  console.log('Building the console …')
  const code = await buildConsole()
  if (code !== 0) {
    console.error(`The console could not be built (code ${code}); see the message above.`)
    process.exit(1)
  }
  console.log(`Built in ${((Date.now() - buildStartedAt) / 1000).toFixed(1)} s.`)
}

const dataDir = resolve(process.env.KORDON_DATA_DIR ?? join(ROOT, 'data'))
const supervisor = createSupervisor({ say: (text) => console.log(text), logFolder: join(dataDir, 'logs') })
const env = { ...process.env, NODE_ENV: 'production', KORDON_DEMO: '1', KORDON_DATA_DIR: dataDir }

let stopping = false
async function stopAll(code) {
  if (stopping) {
    supervisor.killAll()
    process.exit(code || 1)
  }
  stopping = true
  console.log('\nStopping …')
  await supervisor.stop()
  console.log('Stopped.')
  process.exit(code)
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stopAll(0))
supervisor.gaveUp.then(() => stopAll(1))

const ROLES = [
  ['owner', 'everything, people and rules'],
  ['head', 'head of the park'],
  ['manager', 'drivers and leases'],
  ['technician', 'gateways and commissioning'],
  ['security', 'holds, unblocking, theft'],
  ['mechanic', 'inspections'],
  ['dispatcher', 'map and cars'],
]

/** Who may stand by blocks in the demo, as the signer tells it: name and what an authenticator app reads. */
const approvers = []
const codeRow = ({ name, address }) =>
  `    ${name.padEnd(12)}${new URL(address).searchParams.get('secret')}   or: npm run signer -- code ${name}`

function showAddress(url) {
  const rows = ROLES.map(([name, does]) => `    ${name.padEnd(12)}demo-${name.padEnd(14)}${does}`)
  console.log(`
  Kordon is running (${since()})

    Console   ${url}
    API       ${url}/api/docs
    Data      ${relative(process.cwd(), dataDir) || '.'}   logs in ${relative(process.cwd(), join(dataDir, 'logs'))}

    Account     Password           For
${rows.join('\n')}

  More than five blocks take a second person's code, as from an authenticator app:

${approvers.map(codeRow).join('\n')}

  Ctrl-C stops everything.
`)
}

let fleetStarted = false
function cloudSaid(line) {
  const [, name, address] = /^kordon\.approver (\S+) (\S+)$/.exec(line) ?? []
  if (name !== undefined && !fleetStarted) approvers.push({ name, address })
  const url = /^kordon\.ready (\S+)/.exec(line)?.[1]
  if (url === undefined || stopping) return
  if (fleetStarted) {
    console.log(`The cloud is back: ${url}`)
    return
  }
  fleetStarted = true
  showAddress(url)
  supervisor.start({
    name: 'fleet',
    program: PINNED_NODE,
    args: [join(ROOT, 'demo', 'main.ts')],
    cwd: ROOT,
    env: { ...env, KORDON_CLOUD_URL: url },
    alive: (text) => text.startsWith('kordon.fleet '),
    onLine: (text) => {
      if (text.startsWith('kordon.fleet '))
        console.log(`  Virtual fleet: ${text.slice('kordon.fleet '.length)} (${since()})`)
    },
  })
}

let cloudStarted = false
/** Once: balances come from these keys, whose place stays the same when the fake is started again. */
function startCloud(keys) {
  if (cloudStarted || stopping) return
  cloudStarted = true
  supervisor.start({
    name: 'cloud',
    program: PINNED_NODE,
    args: [...CLOUD_FLAGS, join(ROOT, 'cloud', 'main.ts')],
    cwd: ROOT,
    env: keys === undefined ? env : { ...env, YANDEX_FLEET_KEYS_FILE: keys },
    alive: (line) => line.startsWith('kordon.ready '),
    onLine: cloudSaid,
  })
}

// Somebody's own keys are not replaced by the fake.
if (env.YANDEX_FLEET_KEYS_FILE) startCloud(undefined)
else
  supervisor.start({
    name: 'yandex',
    program: PINNED_NODE,
    args: [join(ROOT, 'demo', 'yandex', 'main.ts')],
    cwd: ROOT,
    env,
    alive: (line) => line.startsWith('kordon.yandex '),
    onLine: (line) => {
      const [, keys] = /^kordon\.yandex \S+ (.+)$/.exec(line) ?? []
      if (keys !== undefined) startCloud(keys)
    },
  })
