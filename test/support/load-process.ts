// Sends a load and keeps its ledger, in a process of its own: `{ start: LoadPlan }`, then `{ stop: true }`, then a report.
import { setTimeout as pause } from 'node:timers/promises'
import { createLoadClient } from './load-client.ts'
import type { LoadPlan, LoadReport } from './load-plan.ts'

type Order = { readonly start: LoadPlan } | { readonly stop: { readonly withinMs: number } } | { readonly ask: true }

let running: Awaited<ReturnType<typeof start>> | undefined
process.on('message', (order: Order) => {
  if ('start' in order) void start(order.start).then((started) => (running = started))
  else if ('ask' in order)
    process.send?.({
      frames: running?.frames() ?? 0,
      clients: running?.connected() ?? 0,
      silentMs: running?.silentMs() ?? 0,
    })
  else void running?.stop(order.stop.withinMs).then((report) => process.send?.({ report }))
})
process.on('disconnect', () => process.exit(0))

const BEAT_MS = 5
/** Acknowledgement times are counted in steps of a quarter of a millisecond. */
const STEPS_PER_MS = 4

async function start(plan: LoadPlan) {
  const times = new Uint32Array(60_000 * STEPS_PER_MS)
  let [messages, reconnects, bytesSent, lastAt] = [0, 0, 0, 0]
  const clients = plan.gateways.map((gateway, index) =>
    createLoadClient({
      plan,
      gateway,
      index,
      acknowledged: (ms, now) => {
        messages += 1
        lastAt = now
        const step = Math.min(times.length - 1, Math.floor(ms * STEPS_PER_MS))
        times[step] = (times[step] ?? 0) + 1
      },
      reconnected: () => {
        reconnects += 1
      },
      sentBytes: (bytes) => {
        bytesSent += bytes
      },
    }),
  )
  for (const client of clients) client.open()
  while (!clients.every((client) => client.isConnected())) await pause(5)
  process.send?.({ started: true })
  const began = performance.now()
  const cpu = process.cpuUsage()
  let allowedAt = began
  const beat = (): void => {
    const now = performance.now()
    const share = ((plan.framesPerS ?? 0) * (now - allowedAt)) / 1000 / clients.length
    allowedAt = now
    for (const client of clients) {
      client.allow(share)
      client.poke(now)
    }
  }
  beat()
  const beating = setInterval(beat, BEAT_MS)
  const framesOf = () => clients.map((client) => client.page())
  const percentile = (share: number): number => {
    const total = times.reduce((sum, count) => sum + count, 0)
    let seen = 0
    for (const [step, count] of times.entries()) {
      seen += count
      if (seen >= total * share) return step / STEPS_PER_MS
    }
    return Number.NaN
  }
  return {
    frames: () => framesOf().reduce((sum, page) => sum + page.through + page.beyond.length, 0),
    silentMs: () => performance.now() - Math.min(...clients.map((client) => client.heardAt())),
    connected: () => clients.filter((client) => client.isConnected()).length,
    stop: async (withinMs: number): Promise<LoadReport> => {
      const used = process.cpuUsage(cpu)
      const spent = performance.now() - began
      for (const client of clients) client.stop()
      const giveUpAt = performance.now() + withinMs
      while (!clients.every((client) => client.isQuiet()) && performance.now() < giveUpAt) await pause(2)
      clearInterval(beating)
      const ledger = framesOf()
      for (const client of clients) client.end()
      const cpuSeconds = (used.user + used.system) / 1e6
      return {
        ledger,
        frames: ledger.reduce((sum, page) => sum + page.through + page.beyond.length, 0),
        messages,
        reconnects,
        seconds: (lastAt - began) / 1000,
        ackP50Ms: percentile(0.5),
        ackP99Ms: percentile(0.99),
        cpuSeconds,
        cpuShare: cpuSeconds / (spent / 1000),
        bytesSent,
      }
    },
  }
}
