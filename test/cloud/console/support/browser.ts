import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type BrowserContextOptions, chromium } from 'playwright-core'
import { findReal } from '../../../support/real-servers.ts'
import { startFakeCloud } from './fake-cloud.ts'

const CONSOLE = new URL('../../../../cloud/console/', import.meta.url).pathname

function fingerprint(): string {
  const hash = createHash('sha256')
  for (const entry of readdirSync(CONSOLE, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (!entry.isFile() || path.includes('/dist/')) continue
    hash.update(path).update(readFileSync(path))
  }
  return hash.digest('hex').slice(0, 16)
}

/** The built console; built once for all test files of the same sources, never into the folder that is served. */
export async function builtConsole(): Promise<string> {
  const wanted = join(tmpdir(), `kordon-console-${fingerprint()}`)
  if (existsSync(wanted)) return wanted
  const making = `${wanted}-${process.pid}`
  mkdirSync(making, { recursive: true })
  const { build } = await import('vite')
  await build({
    configFile: join(CONSOLE, 'vite.config.ts'),
    mode: 'test',
    logLevel: 'error',
    build: { outDir: making, emptyOutDir: true },
  })
  try {
    renameSync(making, wanted)
  } catch {
    // Another test file was faster; its build is of the same sources.
    rmSync(making, { recursive: true, force: true })
  }
  return wanted
}

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
]

/** A real browser, and the console built before it: the first build must not eat the first test's time. */
export async function openBrowser(): Promise<Browser> {
  await builtConsole()
  const executablePath = findReal('chromium')
  if (executablePath === undefined) throw new Error('Chromium is absent; guard the test with requireReal')
  return await chromium.launch({ executablePath, args: FLAGS })
}

export type Visit = Awaited<ReturnType<typeof visit>>

/** A fresh fake cloud and a page on it; whatever the page throws is collected in `broken`. */
export async function visit(
  browser: Browser,
  path: string,
  options: { readonly signedIn?: boolean; readonly role?: string } & BrowserContextOptions = {},
) {
  const { signedIn = true, role = 'manager', ...contextOptions } = options
  const cloud = await startFakeCloud({ dist: await builtConsole(), signedIn })
  cloud.state.role = role
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...contextOptions })
  const page = await context.newPage()
  const broken: string[] = []
  page.on('pageerror', (error) => broken.push(error.message))
  const foreign: string[] = []
  page.on('request', (request) => {
    if (!request.url().startsWith(cloud.url) && !/^(data|blob):/.test(request.url())) foreign.push(request.url())
  })
  await page.goto(cloud.url + path)
  const leave = async (): Promise<void> => {
    await context.close()
    await cloud.close()
  }
  return { cloud, page, broken, foreign, leave }
}

/** A page drawn by a software renderer beside other test files is slow; a hang is still found within a minute. */
export const PATIENCE = { timeout: 60_000 }
