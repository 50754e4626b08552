import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { CommandFailed } from './api-client.ts'
import type { Terminal } from './terminal.ts'

/** A virtual car that runs beside this command, its key in the hands of whoever types. */
export type TrainingCar = {
  /** As `kordon edge` wants it: tcp:host:port. */
  readonly port: string
  readonly help: string
  /** Resolves when the car has been put away. */
  readonly ended: Promise<void>
}

const PROGRAM = fileURLToPath(new URL('../../demo/training/main.ts', import.meta.url))

/** What is typed goes to the car: on, off, start, pull, put, quit. It ends with this process. */
export async function startTrainingCar(terminal: Terminal): Promise<TrainingCar> {
  const child = spawn(process.execPath, [PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'exit').then(() => process.stdin.unref())
  const said = createInterface({ input: child.stdout })
  const port = await new Promise<string>((done, fail) => {
    said.on('line', (line) => {
      const [, found] = /^kordon\.car (\S+)$/.exec(line) ?? []
      if (found !== undefined) done(found)
      else if (terminal.isInteractive) console.log(line)
      else console.error(line)
    })
    void ended.then(() => fail(new CommandFailed('car/ended', 'the virtual car could not be started')))
  })
  process.stdin.pipe(child.stdin)
  child.stdin.on('error', () => undefined)
  const help = 'Type on or off (the key), start (the starter), pull or put (the fuse), quit.'
  return { port, help, ended: ended.then(() => undefined) }
}
