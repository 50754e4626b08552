// Keeps child processes running: says when one died, starts it again with growing pauses, stops all in order.
import { spawn } from 'node:child_process'
import { createWriteStream, mkdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const PAUSES_MS = [500, 1000, 2000, 5000, 10_000, 30_000]
/** Having run this long, the next death counts as the first one. */
const SETTLED_MS = 60_000
const LOG_LIMIT_BYTES = 20_000_000

/** Appends lines to a file; a full one is kept once as .1. What a full disk refuses is lost, and opened anew is written on. */
function openLog(folder, name) {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `${name}.log`)
  const sizeNow = () => statSync(path, { throwIfNoEntry: false })?.size ?? 0
  let size = sizeNow()
  let stream
  const open = () => {
    const opened = createWriteStream(path, { flags: 'a' })
    opened.on('error', () => {
      if (stream === opened) stream = undefined
    })
    return opened
  }
  return {
    path,
    write(line) {
      if (size > LOG_LIMIT_BYTES) {
        stream?.end()
        renameSync(path, `${path}.1`)
        stream = undefined
        size = 0
      }
      stream ??= open()
      size += Buffer.byteLength(line) + 1
      stream.write(`${line}\n`)
    },
    close: () => new Promise((done) => (stream === undefined ? done() : stream.end(done))),
  }
}

/**
 * `say(text)` tells the user. `tries` deaths before the first sign of life end in `gaveUp`; a child that once lived is
 * started again for ever. `start({ name, program, args, env, onLine, alive })`: a line for which `alive` holds is that sign.
 */
export function createSupervisor({ say, logFolder, tries = 3, pausesMs = PAUSES_MS, patienceMs = 10_000 }) {
  const kept = []
  let stopping = false
  let giveUp
  const gaveUp = new Promise((done) => {
    giveUp = done
  })

  function start({ name, program, args, cwd, env, onLine, alive }) {
    const log = openLog(logFolder, name)
    const state = { name, log, child: undefined, ended: Promise.resolve(), lived: false, deaths: 0, timer: undefined }
    kept.push(state)
    const launch = () => {
      const startedAt = Date.now()
      const lastLines = []
      // Its own process group: the terminal's Ctrl-C reaches only us, and we stop the children in order.
      const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
      state.child = child
      const hear = (line) => {
        log.write(line)
        lastLines.push(line)
        if (lastLines.length > 20) lastLines.shift()
        if (alive(line)) state.lived = true
        onLine(line)
      }
      createInterface({ input: child.stdout }).on('line', hear)
      createInterface({ input: child.stderr }).on('line', hear)
      state.ended = new Promise((done) => {
        const end = (why) => {
          state.child = undefined
          done()
          if (stopping) return
          died(why, Date.now() - startedAt, lastLines)
        }
        child.once('error', (error) => end(error.message))
        child.once('close', (code, signal) => end(signal === null ? `exit code ${code}` : signal))
      })
    }
    const died = (why, ranMs, lastLines) => {
      state.deaths = ranMs > SETTLED_MS ? 1 : state.deaths + 1
      if (!state.lived && state.deaths >= tries) {
        say(`${name} did not start (${why}). Its last lines, whole log in ${log.path}:`)
        for (const line of lastLines) say(`  ${line}`)
        giveUp(name)
        return
      }
      const pause = pausesMs[Math.min(state.deaths, pausesMs.length) - 1]
      say(`${name} ended unexpectedly (${why}); starting it again in ${pause / 1000} s. Log: ${log.path}`)
      state.timer = setTimeout(launch, pause)
    }
    launch()
  }

  /** Ends the children one after another, the youngest first; one that does not go within its patience is killed. */
  async function stop() {
    stopping = true
    for (const state of kept.toReversed?.() ?? [...kept].reverse()) {
      clearTimeout(state.timer)
      state.child?.kill('SIGTERM')
      const impatient = setTimeout(() => {
        say(`${state.name} does not stop; ending it.`)
        state.child?.kill('SIGKILL')
      }, patienceMs)
      await state.ended
      clearTimeout(impatient)
      await state.log.close()
    }
  }

  const killAll = () => {
    for (const state of kept) state.child?.kill('SIGKILL')
  }

  return { start, stop, killAll, gaveUp }
}
