import { z } from 'zod'
import type { ApiClient } from './api-client.ts'

/** All items of a list of the API, page by page. */
export async function everyItem<Item>(api: ApiClient, path: string, schema: z.ZodType<Item>): Promise<readonly Item[]> {
  const Page = z.looseObject({ items: z.array(schema), nextCursor: z.string().nullable().optional() })
  const items: Item[] = []
  let cursor: string | null | undefined
  do {
    const more = cursor == null ? '' : `${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(cursor)}`
    const page = await api.get(`${path}${more}`, Page)
    items.push(...page.items)
    cursor = page.nextCursor
  } while (cursor != null)
  return items
}
