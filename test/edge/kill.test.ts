import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, expect, test, vi } from 'vitest'
import { createEdgeRig, type EdgeRig } from '../support/edge-rig.ts'

let rig: EdgeRig | undefined
let child: ChildProcess | undefined
afterEach(async () => {
  child?.kill('SIGKILL')
  await rig?.close()
})

const KILLS = 8

test('killed again and again under load, the gateway loses no record that its outbox had accepted', async () => {
  rig = await createEdgeRig({ speed: 1 })
  const { cloud, dir, installation, car } = rig
  car.ignition = true
  car.speedKmh = 40
  const profilesDir = new URL('../../device-profiles', import.meta.url).pathname
  const config = JSON.stringify({ dir, profilesDir, installation, software: 'test' })
  const program = new URL('../support/edge-process.ts', import.meta.url).pathname
  const start = (): ChildProcess => spawn(process.execPath, [program, config], { stdio: 'inherit' })

  // Looked at after each life: a stream whose last record was receipted leaves the file at the next start.
  const given = new Map<string, { stream: string; through: number }>()
  for (let kill = 0; kill < KILLS; kill += 1) {
    const before = cloud.delivered.length
    // Receipts are withheld in every other life, so that unforgotten records pile up and are sent again.
    cloud.giveReceipts(kill % 2 === 0 ? 'yes' : 'no')
    child = start()
    const gone = once(child, 'exit')
    await vi.waitFor(() => expect(cloud.delivered.length).toBeGreaterThan(before + 2), { timeout: 60_000, interval: 5 })
    child.kill('SIGKILL')
    await gone
    for (const one of acceptedNumbers(dir)) given.set(`${one.stream}/${one.through}`, one)
  }
  const accepted = [...given.values()]
  cloud.giveReceipts('yes')
  const before = cloud.delivered.length
  child = start()
  await vi.waitFor(() => expect(cloud.delivered.length).toBeGreaterThan(before + 2), { timeout: 60_000, interval: 20 })
  await vi.waitFor(() => expect(missing(accepted, cloud)).toEqual([]), { timeout: 60_000, interval: 50 })
  // All its connections go outwards: at its work it listens nowhere.
  expect(listensAt(child.pid)).toEqual([])
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  const [code] = await gone
  expect(code).toBe(0)
  expect(accepted.length).toBeGreaterThan(KILLS)
  expect(cloud.refused()).toEqual([])
}, 300_000)

/** Addresses, in the hexadecimal of Linux, at which this process takes connections or datagrams from outside itself. */
function listensAt(pid: number | undefined): readonly string[] {
  const own = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`)) ?? []
      return inode === undefined ? [] : [inode]
    }),
  )
  expect(own.size).toBeGreaterThan(0)
  return ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((kind) =>
    readFileSync(`/proc/${pid}/net/${kind}`, 'utf8')
      .split('\n')
      .slice(1)
      .flatMap((line) => {
        const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/)
        const LISTENING = '0A'
        return own.has(inode) && (state === LISTENING || kind.startsWith('udp')) ? [`${kind} ${local}`] : []
      }),
  )
}
function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    // Closed since the folder was read.
    return ''
  }
}

/** Every number each stream has ever given, from the outbox files themselves. */
function acceptedNumbers(dir: string): readonly { stream: string; through: number }[] {
  return ['events', 'frames']
    .flatMap((name) => {
      const db = new DatabaseSync(join(dir, `${name}.sqlite`), { readOnly: true })
      const rows = db
        .prepare(`SELECT stream, max(next_seq, coalesce((SELECT max(seq) + 1 FROM records WHERE records.no = streams.no), 1))
          AS next_seq FROM streams`)
        .all()
      db.close()
      return rows.map((row) => ({ stream: String(row['stream']), through: Number(row['next_seq']) - 1 }))
    })
    .flatMap(({ stream, through }) => Array.from({ length: through }, (_, index) => ({ stream, through: index + 1 })))
}

function missing(accepted: readonly { stream: string; through: number }[], cloud: EdgeRig['cloud']): readonly string[] {
  const stored = new Set(cloud.delivered.map(({ stream, seq }) => `${stream}/${seq}`))
  expect(stored.size).toBe(cloud.delivered.length)
  return accepted.map(({ stream, through }) => `${stream}/${through}`).filter((name) => !stored.has(name))
}
