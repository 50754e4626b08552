import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

export type PageFile = { readonly type: string; readonly plain: Buffer; readonly zipped: Buffer }

const FILES = {
  '/d': ['index.html', 'text/html; charset=utf-8'],
  '/d/page.css': ['page.css', 'text/css; charset=utf-8'],
  '/d/words.js': ['words.js', 'text/javascript; charset=utf-8'],
  '/d/page.js': ['page.js', 'text/javascript; charset=utf-8'],
  '/d/worker.js': ['worker.js', 'text/javascript; charset=utf-8'],
} as const

/** The files of the page by their addresses, read once and packed once. */
export const readPageFiles = (): ReadonlyMap<string, PageFile> =>
  new Map(
    Object.entries(FILES).map(([address, [name, type]]) => {
      const plain = readFileSync(new URL(`./page/${name}`, import.meta.url))
      return [address, { type, plain, zipped: gzipSync(plain, { level: 9 }) }]
    }),
  )
