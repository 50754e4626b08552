import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { type ApiClient, CommandFailed, createApiClient } from './api-client.ts'
import { type MappedLead, mapLeads, readMapping, rowsOf } from './card-mapping.ts'
import { readAccess } from './sign-in-file.ts'
import type { Terminal } from './terminal.ts'
import type { WrongLine } from './vehicle-csv.ts'

export type CardImportOptions = { readonly map: string; readonly dryRun?: boolean }

const Made = z.looseObject({ id: z.string() })
const Found = z.looseObject({ items: z.array(z.looseObject({ fields: z.record(z.string(), z.unknown()) })) })
/** Of these the whole work stops: every further line would meet the same. */
const NOT_OF_THE_LINE = /^(cloud|session|access)\/|^request\/too-many$/

/**
 * Makes cards of another system's leads by a mapping file. A lead whose key a card of that pipeline has already is left
 * alone, so the same file given again goes on where it stopped. Answers whether every line was good.
 */
export async function importCards(
  terminal: Terminal,
  file: string,
  { map, dryRun }: CardImportOptions,
): Promise<'all' | 'some'> {
  const mapping = readable(map, readMapping)
  const { good, wrong, skipped } = readable(file, (text) => mapLeads(rowsOf(text), mapping))
  const api = createApiClient(readAccess(terminal.env))
  const refused: WrongLine[] = [...wrong]
  let [added, present] = [0, 0]
  let broken: CommandFailed | undefined
  for (const lead of good) {
    try {
      if (await isThere(api, lead, mapping.key)) present += 1
      else {
        if (dryRun !== true) await api.send('POST', '/api/cards', Made, cardOf(lead))
        added += 1
      }
    } catch (cause) {
      if (!(cause instanceof CommandFailed)) throw cause
      if (NOT_OF_THE_LINE.test(cause.code)) {
        broken = cause
        break
      }
      refused.push({ line: lead.line, why: cause.message })
    }
  }
  refused.sort((a, b) => a.line - b.line)
  terminal.result(
    { dryRun: dryRun === true, added, present, skipped, wrong: refused, interrupted: broken?.message ?? null },
    () => [
      ...refused.map(({ line, why }) => `${file}:${line}: ${why}`),
      `${added} ${dryRun === true ? 'would be added' : 'added'}, ${present} were there, ${skipped} skipped, ${refused.length} wrong`,
      ...(broken === undefined ? [] : [`stopped: ${broken.message}; give the same file again to go on`]),
    ],
  )
  return refused.length === 0 && broken === undefined ? 'all' : 'some'
}

const cardOf = ({ pipeline, stage, fields }: MappedLead) => ({
  pipeline,
  fields,
  ...(stage === undefined ? {} : { stage }),
})

async function isThere(api: ApiClient, { pipeline, key: value, fields }: MappedLead, key: string): Promise<boolean> {
  const query = new URLSearchParams({ pipeline, state: 'all', q: value })
  const { items } = await api.get(`/api/cards?${query}`, Found)
  return items.some((item) => item.fields[key] === fields[key])
}

function readable<Read>(file: string, read: (text: string) => Read): Read {
  try {
    return read(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new CommandFailed('file/unreadable', `${file}: ${cause instanceof Error ? cause.message : cause}`, { cause })
  }
}
