import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Clock, epochMs, millis } from '#contract/instant.ts'
import { createTrainingCar } from './app.ts'

const HELP = `A virtual car for practice: its receiver is unit 1 and its relay board unit 2 of one Modbus line on this machine.
It reads from its input, one word a line: on, off (the key), start (tries the starter), pull, put (the fuse), quit.
  --port <number>  port of its line; 0 (default): any that is free`

const { values } = parseArgs({ options: { port: { type: 'string', default: '0' }, help: { type: 'boolean' } } })
if (values.help === true) {
  console.log(HELP)
  process.exit(0)
}

const clock: Clock = {
  now: () => epochMs(Date.now()),
  steady: () => millis(performance.now()),
  sleep: async (length, signal) => {
    await wait(length, undefined, { signal }).catch(() => undefined)
  },
}
const car = createTrainingCar({ clock, random: Math.random, port: Number(values.port) })
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())

console.log(`kordon.car tcp:127.0.0.1:${await car.listen()}`)
const input = createInterface({ input: process.stdin })
input.on('line', (line) => {
  const word = line.trim()
  if (word === 'on' || word === 'off') {
    car.key(word)
    console.log(`key ${word}`)
  } else if (word === 'start') console.log(`starter: ${car.start()}`)
  else if (word === 'pull' || word === 'put') {
    car.fuse(word === 'pull' ? 'pulled' : 'in')
    console.log(`fuse ${word === 'pull' ? 'pulled' : 'in'}`)
  } else if (word === 'quit') stop.abort()
  else if (word !== '') console.log('on, off, start, pull, put or quit')
})
// Whoever started it has gone.
input.once('close', () => process.stdin.isTTY !== true && stop.abort())
await car.run(stop.signal)
await car.close()
process.exit(0)
