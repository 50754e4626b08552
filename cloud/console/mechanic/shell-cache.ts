const SHELL = 'kordon-mechanic'
export const SHELL_PATH = '/mechanic'

/** Whether this browser can open the page without a network at all: workers and caches need https or this very machine. */
export const canOpenOffline = (): boolean => window.isSecureContext && 'serviceWorker' in navigator

/**
 * Keeps the page and all that it was made of for a time without a network, and lets a worker answer with it then.
 * The worker stands for this page only; what an older build left behind is thrown away.
 */
export async function keepShell(): Promise<void> {
  if (!canOpenOffline()) return
  const page = await fetch(SHELL_PATH, { headers: { accept: 'text/html' } })
  if (!page.ok) return
  const text = await page.clone().text()
  const named = [...text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map((found) => found[1] ?? '')
  const loaded = performance
    .getEntriesByType('resource')
    .map(({ name }) => new URL(name))
    .filter(({ origin, pathname }) => origin === window.location.origin && !pathname.startsWith('/api/'))
    .map(({ pathname }) => pathname)
  const wanted = [...new Set([...named, ...loaded])].filter((path) => !path.startsWith('/map/'))
  const cache = await caches.open(SHELL)
  await cache.put(SHELL_PATH, page)
  for (const path of wanted) if ((await cache.match(path)) === undefined) await cache.add(path)
  for (const { url } of await cache.keys()) {
    const path = new URL(url).pathname
    if (path !== SHELL_PATH && !wanted.includes(path)) await cache.delete(url)
  }
  await navigator.serviceWorker.register('/mechanic-worker.js', { scope: SHELL_PATH })
}
