// Plain JavaScript for any Node from 18 on: what every launcher needs before a line of Kordon itself can run.
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('..', import.meta.url))
export const PINNED_NODE = join(ROOT, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')

/** Runs a program in the project's folder to its end; answers its exit code, 128 + n for signal n. */
export function runToEnd(program, args, options = {}) {
  return new Promise((done) => {
    const child = spawn(program, args, { cwd: ROOT, stdio: 'inherit', ...options })
    child.once('error', (error) => {
      console.error(`${program}: ${error.message}`)
      done(127)
    })
    child.once('exit', (code, signal) => done(signal === null ? code : 128 + constants.signals[signal]))
  })
}

const changedAt = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0)

/** npm writes its own note into node_modules at the end of an installation: older than the lock file means out of date. */
function installationIsFresh() {
  const installed = changedAt(join(ROOT, 'node_modules', '.package-lock.json'))
  return installed > 0 && installed >= changedAt(join(ROOT, 'package-lock.json')) && existsSync(PINNED_NODE)
}

function npm(args) {
  // Under `npm start` this is the npm that runs us; alone, the one on the path.
  const npmScript = process.env.npm_execpath
  return npmScript?.endsWith('.js') || npmScript?.endsWith('.cjs')
    ? runToEnd(process.execPath, [npmScript, ...args])
    : runToEnd(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, { shell: process.platform === 'win32' })
}

/** Installs what the lock file names when that was not done yet; answers whether everything is there. */
export async function ensureInstalled() {
  if (installationIsFresh()) return true
  console.log('Installing the packages of package-lock.json (npm ci) …')
  const startedAt = Date.now()
  const quietly = ['--no-audit', '--no-fund', '--loglevel=error']
  if ((await npm(['ci', ...quietly])) !== 0) {
    // A lock file written behind a registry that lacks other platforms' packages is refused by npm ci, not by install.
    console.error('npm ci refuses (its reason is above); trying npm install, which keeps the locked versions …')
    const code = await npm(['install', '--no-save', ...quietly])
    if (code !== 0) {
      console.error(`npm install ended with code ${code}; see its message above.`)
      return false
    }
  }
  // An npm told to run no install scripts leaves the pinned runtime out.
  if (!existsSync(PINNED_NODE)) await npm(['rebuild', 'node', '--ignore-scripts=false', '--loglevel=error'])
  if (!existsSync(PINNED_NODE)) {
    console.error(missingRuntime())
    return false
  }
  console.log(`Installed in ${((Date.now() - startedAt) / 1000).toFixed(1)} s.`)
  return true
}

export const missingRuntime = () =>
  `The pinned Node is missing (${PINNED_NODE}). Run "npm ci" in ${ROOT}; npm must be allowed to run the install script of the package "node".`

const CONSOLE = join(ROOT, 'cloud', 'console')
const BUILT = join(CONSOLE, 'dist', 'index.html')

function newestChange(path) {
  if (!existsSync(path)) return 0
  if (!statSync(path).isDirectory()) return changedAt(path)
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.name !== 'dist' && entry.name !== 'node_modules')
    .reduce((newest, entry) => Math.max(newest, newestChange(join(path, entry.name))), changedAt(path))
}

/** The dist folder's own making touches its parent, so folder times of the console itself do not count. */
const consoleSources = () =>
  readdirSync(CONSOLE)
    .filter((name) => name !== 'dist')
    .map((name) => join(CONSOLE, name))

export function consoleIsFresh() {
  const built = changedAt(BUILT)
  return (
    built > 0 &&
    [...consoleSources(), join(ROOT, 'contract'), join(ROOT, 'package-lock.json')].every(
      (path) => newestChange(path) <= built,
    )
  )
}

/** Builds the console; answers vite's exit code. */
export const buildConsole = (options) =>
  runToEnd(
    PINNED_NODE,
    [join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js'), 'build', CONSOLE, '--logLevel', 'warn'],
    options,
  )

/**
 * As in the Dockerfile. With a whole fleet sending, messages die young in so much space; in twice as much, ten thousand idle
 * sessions need more than 400 MB. And they are made there: V8 would soon make them among the old, since the readings in
 * them wait for every projection, and then none of them is let go before the whole heap has been marked, every three seconds.
 */
export const CLOUD_FLAGS = ['--max-semi-space-size=32', '--no-allocation-site-pretenuring']

/**
 * The gateway as its service starts it: without the optimising compilers, whose code costs more memory than a car's work needs.
 * The warning left out is about how the MQTT library reads an address, which is ours.
 */
export const EDGE_FLAGS = [
  '--max-old-space-size=64',
  '--max-semi-space-size=1',
  '--no-opt',
  '--no-maglev',
  '--optimize-for-size',
  '--disable-warning=DEP0169',
]
const EDGE_BUILT = join(ROOT, 'edge', 'dist', 'main.mjs')

/** Makes edge/dist; answers the exit code. */
export const buildEdge = () => runToEnd(PINNED_NODE, [join(ROOT, 'bin', 'build-edge.mjs')])

/** The built gateway, made anew where a source is newer; where it cannot be made (no development packages), the sources. */
export async function edgeProgram() {
  const sources = [join(ROOT, 'edge'), join(ROOT, 'contract'), join(ROOT, 'bin', 'build-edge.mjs')]
  const isFresh = () => sources.every((path) => newestChange(path) <= changedAt(EDGE_BUILT))
  if (!isFresh() && existsSync(join(ROOT, 'node_modules', 'rolldown'))) await buildEdge()
  return isFresh() ? EDGE_BUILT : join(ROOT, 'edge', 'main.ts')
}
