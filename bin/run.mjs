#!/usr/bin/env node
// Starts the pinned Node with the wanted main.ts, whatever Node runs this file: node bin/run.mjs cloud/main.ts --help
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import {
  buildConsole,
  buildEdge,
  CLOUD_FLAGS,
  EDGE_FLAGS,
  edgeProgram,
  missingRuntime,
  PINNED_NODE,
  ROOT,
} from './installation.mjs'

const [target, ...args] = process.argv.slice(2)

if (target === undefined) {
  console.error('usage: node bin/run.mjs <main.ts> [arguments] | build')
  process.exit(2)
}
if (!existsSync(PINNED_NODE)) {
  console.error(missingRuntime())
  process.exit(1)
}
if (target === 'build') process.exit((await buildConsole()) || (await buildEdge()))
if (!existsSync(join(ROOT, target))) {
  console.error(`${target}: no such file in ${ROOT}`)
  process.exit(2)
}

// Relative paths in arguments and environment mean the folder the user stands in, so the child stays there too.
const flags = target === 'cloud/main.ts' ? CLOUD_FLAGS : []
const program = target === 'edge/main.ts' ? [...EDGE_FLAGS, await edgeProgram()] : [...flags, join(ROOT, target)]
const child = spawn(PINNED_NODE, [...program, ...args], { stdio: 'inherit' })
child.once('error', (error) => {
  console.error(error.message)
  process.exit(127)
})
child.once('exit', (code, signal) => process.exit(signal === null ? code : 128 + constants.signals[signal]))

for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
// A terminal sends Ctrl-C to both of us; a second copy would read as "stop at once".
process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'))
