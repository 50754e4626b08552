#!/usr/bin/env node
// Makes edge/dist: the gateway as one file of plain JavaScript, and its in-car broker as another. What a car computer
// loads is a third smaller than the sources: no TypeScript to strip, no module that nobody calls. Deleted, it is made anew.
import { copyFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const EDGE = fileURLToPath(new URL('../edge', import.meta.url))
const DIST = join(EDGE, 'dist')

/** Files found beside the source that asks for them, and where they are for the built program. */
const MOVED = [
  ["new URL('../device-profiles', import.meta.url)", "new URL('../../device-profiles', import.meta.url)", 'main.ts'],
  [
    "new URL('./main.ts', import.meta.url)",
    "new URL('./broker.mjs', import.meta.url)",
    'local-bus/broker-process-client.ts',
  ],
]

const moved = {
  name: 'moved-files',
  transform: (code, id) => {
    const rule = MOVED.find(([, , file]) => id === join(EDGE, file))
    if (rule === undefined) return undefined
    if (!code.includes(rule[0])) throw new Error(`${id} no longer says ${rule[0]}: bin/build-edge.mjs moves it`)
    return { code: code.replace(rule[0], rule[1]) }
  },
}

/** The broker's packet writer prepares 65,536 buffers of two bytes, 8 MB; its own switch for that is out of aedes' reach. */
const unprepared = {
  name: 'numbers-made-when-needed',
  transform: (code, id) => {
    if (!id.endsWith('/mqtt-packet/writeToStream.js')) return undefined
    const made = code
      .replace('let writeNumber = writeNumberCached', 'let writeNumber = writeNumberGenerated')
      .replace('let toGenerate = true', 'let toGenerate = false')
    if (made.includes('let toGenerate = true') || made.includes('let writeNumber = writeNumberCached') || made === code)
      throw new Error(`${id} prepares its numbers in another way: bin/build-edge.mjs keeps it from that`)
    return { code: made }
  },
}

/**
 * An import of a module of Node's own asks for everything that it exports: node:http then loads a browser's fetch and
 * WebSocket, eight megabytes that a gateway never uses. Taken this way only what is named is touched.
 */
const OWN = '\0node-own:'
const isOwn = (id) => id !== 'node:module' && id !== 'module' && (id.startsWith('node:') || builtinModules.includes(id))
const builtins = {
  name: 'builtins-by-name',
  resolveId: (id) => (isOwn(id) ? { id: OWN + id.replace('node:', '') } : undefined),
  load: (id) =>
    id.startsWith(OWN)
      ? { code: `module.exports = process.getBuiltinModule('node:${id.slice(OWN.length)}')`, moduleType: 'js' }
      : undefined,
}

/** One letter beyond Latin-1 would double the memory of the whole text. */
const ascii = (text) =>
  text.replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

async function bundle(input, file) {
  const build = await rolldown({
    input,
    platform: 'node',
    // The native part finds its prebuilt file beside itself.
    external: ['node:module', '@serialport/bindings-cpp'],
    plugins: [moved, unprepared, builtins],
    logLevel: 'warn',
  })
  const { output } = await build.generate({ format: 'esm', minify: true, codeSplitting: false })
  await build.close()
  // Whole or not at all: a gateway may be starting.
  const draft = join(DIST, `.${process.pid}-${file}`)
  writeFileSync(draft, ascii(output[0].code))
  renameSync(draft, join(DIST, file))
}

/** Makes the built gateway anew; throws with the cause when the sources do not hold together. */
export async function buildEdge() {
  mkdirSync(DIST, { recursive: true })
  copyFileSync(join(EDGE, 'watchdog', 'watch-thread.mjs'), join(DIST, 'watch-thread.mjs'))
  await bundle(join(EDGE, 'local-bus', 'main.ts'), 'broker.mjs')
  await bundle(join(EDGE, 'main.ts'), 'main.mjs')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildEdge()
