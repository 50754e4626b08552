import { spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { counterBytes, digitsOf } from '#contract/unlock-code.ts'
import { seededRandom } from '../../support/seeded-random.ts'

const RUNS = 25
const SECRET = Buffer.from('12345678901234567890')

test('killed at any moment, again and again, a gateway takes no code twice and loses none it has taken', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'kordon-codes-'))
  const random = seededRandom(20_261_121)
  const told: number[] = []
  let typed = 0
  for (let run = 0; run < RUNS; run += 1) {
    // All that were ever given out, the oldest first, and two more: the look-ahead lets each of them pass at most once.
    typed += 2
    const codes = Array.from({ length: typed }, (_, counter) =>
      digitsOf(createHmac('sha1', SECRET).update(counterBytes(counter)).digest()),
    )
    const args = [
      join(import.meta.dirname, 'unlock-process.ts'),
      join(dir, 'state.sqlite'),
      SECRET.toString('base64url'),
    ]
    const gateway = spawn(process.execPath, [...args, ...codes], { stdio: ['ignore', 'pipe', 'inherit'] })
    const gone = once(gateway, 'exit')
    let output = ''
    const begun = new Promise<void>((done) => {
      gateway.stdout.on('data', (text: Buffer) => {
        output += text.toString()
        if (output.includes('ready')) done()
      })
    })
    await begun
    await pause(random() * 20)
    gateway.kill('SIGKILL')
    await gone
    told.push(
      ...output
        .split('\n')
        .filter((line) => /^\d+$/.test(line))
        .map(Number),
    )
  }
  rmSync(dir, { recursive: true })
  // A code whose freeing was cut off is freed and told again by the next run: the same number right after itself, no other way.
  const first = told.filter((counter, index) => counter !== told[index - 1])
  expect(first).toEqual(first.map((_, index) => index))
  expect(first.length).toBeGreaterThan(RUNS / 3)
}, 120_000)
