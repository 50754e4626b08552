import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { CLOUD_FLAGS } from '../../bin/installation.mjs'

/** A program of this folder (or a path) in a process of its own, a peer's too as the cloud is shipped; resolves when it says that it is ready. */
export async function startForked(program: string, args: readonly string[]) {
  const child: ChildProcess = fork(new URL(program, import.meta.url), [...args], { execArgv: [...CLOUD_FLAGS] })
  await once(child, 'message')
  const proc = (file: string): string => readFileSync(`/proc/${child.pid}/${file}`, 'utf8')
  return {
    /** What it says from now on. */
    hear: (listener: (word: unknown) => void): void => void child.on('message', listener),
    rssMb: (): number => Number(/VmRSS:\s+(\d+)/.exec(proc('status'))?.[1]) / 1024,
    cpuSeconds: (): number => {
      const fields = proc('stat').split(') ')[1]?.split(' ') ?? []
      return (Number(fields[11]) + Number(fields[12])) / 100
    },
    stop: async (): Promise<void> => {
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
  }
}
