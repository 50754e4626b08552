// Opens the mechanic's page without a network, from what the page itself has kept. It never touches what is asked of the
// server: a task is read and closed by the page, which knows what was answered and what was not.
const SHELL = 'kordon-mechanic'
const PAGE = '/mechanic'
const PATIENCE_MS = 4000

self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))
self.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== self.location.origin || pathname.startsWith('/api/')) return
  event.respondWith(request.mode === 'navigate' ? page(request) : part(request))
})

/** The newest page where the network answers soon, the kept one where it does not. */
async function page(request) {
  const kept = await caches.match(PAGE, { cacheName: SHELL })
  if (kept === undefined) return fetch(request)
  const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, kept))
  return Promise.race([fetch(request).catch(() => kept), patience])
}

/** Parts carry their content in their name, so a kept one is as good as a fetched one. */
async function part(request) {
  return (await caches.match(request, { cacheName: SHELL })) ?? fetch(request)
}
