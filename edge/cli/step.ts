import { Listr } from 'listr2'
import { type CommissioningStep, PROVED_STEPS, type StepResult } from '#contract/commissioning.ts'
import { epochMs } from '#contract/instant.ts'
import { PairingMistake } from './pairing.ts'
import { UsageError } from './profile-files.ts'
import { ServiceAway } from './service-client.ts'
import { keepResult } from './sheet-file.ts'
import { said } from './speech.ts'

export type CommonOptions = {
  readonly dir: string
  readonly json?: boolean
  /** A note with which the technician accepts what did not pass. */
  readonly accept?: string
}

export type Finding = { readonly name: string; readonly state: 'good' | 'bad' | 'unknown'; readonly fact: string }

export type Task = {
  readonly title: string
  readonly run: (say: (line: string) => void) => Promise<readonly Finding[]>
}

/** Exit codes: 0 done, 1 it did not pass, 2 wrongly asked. */
export type ExitCode = 0 | 1 | 2

/** Runs the tasks one after another, shows how far they are, and answers everything they found. */
export async function findings(tasks: readonly Task[], { json }: CommonOptions): Promise<readonly Finding[]> {
  const found: Finding[] = []
  const misuse: unknown[] = []
  const list = new Listr(
    tasks.map(({ title, run }) => ({
      title: said(title),
      task: async (_: unknown, task: { output: string; title: string }) => {
        const own = await run((line) => {
          task.output = said(line)
        }).catch((cause: unknown): readonly Finding[] => {
          if (cause instanceof PairingMistake || cause instanceof UsageError || cause instanceof ServiceAway) {
            misuse.push(cause)
            throw new Error(said(cause.message), { cause })
          }
          return [{ name: title, state: 'bad', fact: cause instanceof Error ? cause.message : String(cause) }]
        })
        found.push(...own)
        const bad = own.filter(({ state }) => state === 'bad')
        if (bad.length > 0) throw new Error(bad.map(({ name, fact }) => `${said(name)}: ${said(fact)}`).join('; '))
        task.title = `${said(title)}: ${own.map(({ fact }) => said(fact)).join('; ')}`
      },
    })),
    { exitOnError: false, renderer: json === true ? 'silent' : process.stdout.isTTY === true ? 'default' : 'simple' },
  )
  await list.run()
  if (misuse.length > 0) throw misuse[0]
  return found
}

const textOf = ({ name, state, fact }: Finding): string =>
  `${said(name)}: ${said(fact)}${state === 'good' ? '' : ` (${said(state)})`}`.slice(0, 300)

/** Makes a result of what was found, keeps it for the sheet, and says it. */
export function concluded(
  step: CommissioningStep,
  found: readonly Finding[],
  options: CommonOptions,
  more: { readonly wiring?: string | undefined; readonly data?: object } = {},
): ExitCode {
  const failed = found.length === 0 || found.some(({ state }) => state === 'bad')
  const mayBeAccepted = options.accept !== undefined && !PROVED_STEPS.includes(step)
  const outcome = !failed ? 'passed' : mayBeAccepted ? 'accepted' : 'failed'
  const result: StepResult = {
    step,
    outcome,
    at: epochMs(Date.now()),
    facts: found.slice(0, 40).map(textOf),
    ...(outcome === 'accepted' && options.accept !== undefined ? { note: options.accept.slice(0, 500) } : {}),
    ...(more.wiring === undefined ? {} : { wiring: more.wiring }),
  }
  const kept = keeping(options.dir, result)
  if (options.json === true) console.log(JSON.stringify({ ...result, findings: found, ...more.data }, undefined, 2))
  else console.log(`${said(step)}: ${said(outcome)}`)
  if (outcome === 'failed' && options.accept !== undefined)
    console.error(said(`${step}: a note does not take the place of a passed test`))
  if (kept !== undefined) console.error(said(kept))
  return outcome === 'failed' || kept !== undefined ? 1 : 0
}

/** What is not on the sheet is not sealed: a disk that takes nothing is told, whatever the step itself came to. */
function keeping(dir: string, result: StepResult): string | undefined {
  try {
    keepResult(dir, result)
    return undefined
  } catch (cause) {
    return `${dir} takes no file, so this step is not on the sheet: ${cause instanceof Error ? cause.message : cause}`
  }
}
