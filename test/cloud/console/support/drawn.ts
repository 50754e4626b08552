import type { Page } from 'playwright-core'

/** What the map of the page draws in a layer, as the map itself says. */
export async function drawn(page: Page, layer: string): Promise<Record<string, unknown>[]> {
  await page.waitForFunction(() => {
    const element = document.querySelector('[data-testid=map]')
    if (element === null || !('map' in element)) return false
    const map = element.map as { loaded(): boolean; areTilesLoaded(): boolean }
    return map.loaded() && map.areTilesLoaded()
  })
  return page.evaluate((name) => {
    const element = document.querySelector('[data-testid=map]')
    if (element === null || !('map' in element)) return []
    type Shown = { queryRenderedFeatures(at: undefined, how: object): { properties: Record<string, unknown> }[] }
    return (element.map as Shown)
      .queryRenderedFeatures(undefined, { layers: [name] })
      .map(({ properties }) => properties)
  }, layer)
}
