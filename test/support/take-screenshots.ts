import { mkdirSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'

/**
 * Takes the pictures of the documentation from a running demo:
 * node test/support/take-screenshots.ts http://127.0.0.1:8080 docs/images
 */
const [url = 'http://127.0.0.1:8080', folder = 'docs/images', plate = 'М512ТУ799'] = process.argv.slice(2)
const SIZES = {
  '': { width: 1440, height: 900 },
  '-phone': { width: 390, height: 844 },
} as const

async function signedIn(browser: Browser, size: keyof typeof SIZES): Promise<Page> {
  const page = await browser.newPage({ viewport: SIZES[size], deviceScaleFactor: 1, locale: 'ru-RU' })
  await page.goto(url)
  await page.getByLabel(/Логин|Login/).fill('owner')
  await page.locator('input[type=password]').fill('demo-owner')
  await page.locator('button[type=submit]').click()
  await page.locator('[data-testid=map]').waitFor()
  // Tiles of our own and the first word of every car.
  await page.waitForTimeout(6000)
  return page
}

mkdirSync(folder, { recursive: true })
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: [
    ...['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking'],
    ...['--disable-component-update', '--disable-sync', '--use-gl=angle', '--use-angle=swiftshader'],
    '--enable-unsafe-swiftshader',
  ],
})
try {
  for (const size of ['', '-phone'] as const) {
    const page = await signedIn(browser, size)
    await page.screenshot({ path: `${folder}/map${size}.png` })
    const list = await page.request.get(`${url}/api/vehicles?q=${encodeURIComponent(plate)}`)
    const { items } = await list.json()
    await page.goto(`${url}/vehicles/${items[0].id}`)
    await page.locator('[data-testid=immobilizer-state]').waitFor()
    await page.waitForTimeout(5000)
    await page.screenshot({ path: `${folder}/vehicle${size}.png` })
    await page.close()
  }
} finally {
  await browser.close()
}
