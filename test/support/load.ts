import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { z } from 'zod'
import type { LoadPlan, LoadReport } from './load-plan.ts'

export type Load = {
  /** Frames in the ledger so far. */
  frames(): Promise<number>
  /** Of all senders: frames in the ledger, how many are connected, how long the one that has waited longest heard no receipt. */
  state(): Promise<{ readonly frames: number; readonly clients: number; readonly silentMs: number }>
  /** Sends nothing new, waits for what is on its way, and answers the ledger. */
  stop(withinMs?: number): Promise<LoadReport>
  kill(): void
}

const Asked = z.object({ frames: z.number(), clients: z.number(), silentMs: z.number() })
const Reported = z.object({ report: z.custom<LoadReport>() })

/** Starts a generator in a process of its own; resolves when every gateway is connected and sending begins. */
export async function startLoad(plan: LoadPlan): Promise<Load> {
  const child: ChildProcess = fork(new URL('./load-process.ts', import.meta.url), { execArgv: [] })
  const answer = async (order: object): Promise<unknown> => {
    const heard = once(child, 'message')
    child.send(order)
    return (await heard)[0]
  }
  await answer({ start: plan })
  return {
    frames: async () => Asked.parse(await answer({ ask: true })).frames,
    state: async () => Asked.parse(await answer({ ask: true })),
    stop: async (withinMs = 30_000) => {
      const { report } = Reported.parse(await answer({ stop: { withinMs } }))
      child.kill('SIGKILL')
      return report
    },
    kill: () => void child.kill('SIGKILL'),
  }
}
