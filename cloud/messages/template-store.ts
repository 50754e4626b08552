import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { parseTemplates, type Templates } from './template.ts'

/** The messages that come with the product. Throws when a text is not right. */
export const readShippedTemplates = (): Templates =>
  parseTemplates(parse(readFileSync(new URL('./shipped/messages.yaml', import.meta.url), 'utf8')))
