import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { CommandFailed, createApiClient } from './api-client.ts'
import { readFines } from './fine-csv.ts'
import { readAccess } from './sign-in-file.ts'
import type { Terminal } from './terminal.ts'
import type { WrongLine } from './vehicle-csv.ts'

export type FineImportOptions = { readonly dryRun?: boolean }

const Taken = z.looseObject({ outcome: z.enum(['posted', 'known', 'unclear']) })
/** Of these the whole work stops: every further line would meet the same. */
const NOT_OF_THE_LINE = /^(cloud|session|access)\/|^request\/too-many$/

/**
 * Posts the fines of a file to whoever drove. A resolution that is known is left alone, so the same file given again goes
 * on where it stopped. Answers whether every line was good.
 */
export async function importFines(
  terminal: Terminal,
  file: string,
  { dryRun }: FineImportOptions,
): Promise<'all' | 'some'> {
  const { good, wrong } = readable(file)
  const api = createApiClient(readAccess(terminal.env))
  const refused: WrongLine[] = [...wrong]
  const count = { posted: 0, known: 0, unclear: 0 }
  let broken: CommandFailed | undefined
  for (const { line, ...fine } of dryRun === true ? [] : good)
    try {
      count[(await api.send('POST', '/api/fines', Taken, fine)).outcome] += 1
    } catch (cause) {
      if (!(cause instanceof CommandFailed)) throw cause
      if (NOT_OF_THE_LINE.test(cause.code)) {
        broken = cause
        break
      }
      refused.push({ line, why: cause.message })
    }
  refused.sort((a, b) => a.line - b.line)
  const posted = dryRun === true ? good.length : count.posted
  terminal.result(
    { dryRun: dryRun === true, ...count, posted, wrong: refused, interrupted: broken?.message ?? null },
    () => [
      ...refused.map(({ line, why }) => `${file}:${line}: ${why}`),
      `${posted} ${dryRun === true ? 'would be posted' : 'posted'}, ${count.known} were there, ${count.unclear} wait for a person, ${refused.length} wrong`,
      ...(broken === undefined ? [] : [`stopped: ${broken.message}; give the same file again to go on`]),
    ],
  )
  return refused.length === 0 && broken === undefined ? 'all' : 'some'
}

function readable(file: string): ReturnType<typeof readFines> {
  try {
    return readFines(readFileSync(file === '-' ? 0 : file, 'utf8'))
  } catch (cause) {
    throw new CommandFailed('file/unreadable', `${file}: ${cause instanceof Error ? cause.message : cause}`, { cause })
  }
}
