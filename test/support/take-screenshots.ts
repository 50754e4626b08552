import { mkdirSync } from 'node:fs'
import { chromium } from 'playwright-core'

/**
 * Takes the picture of the documentation from a running demo:
 * node test/support/take-screenshots.ts http://127.0.0.1:8080 docs/images
 */
const [url = 'http://127.0.0.1:8080', folder = 'docs/images'] = process.argv.slice(2)

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
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, deviceScaleFactor: 1, locale: 'ru-RU' })
  await page.goto(url)
  await page.getByLabel(/Логин|Login/).fill('owner')
  await page.locator('input[type=password]').fill('demo-owner')
  await page.locator('button[type=submit]').click()
  await page.locator('[data-testid=map]').waitFor()
  // Tiles of our own and the first word of every car.
  await page.waitForTimeout(6000)
  await page.screenshot({ path: `${folder}/map.png` })
} finally {
  await browser.close()
}
