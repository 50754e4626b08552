// Keeps the page itself at hand, so that it opens without a network; what it shows comes from the last answer.
const FILES = ['/d', '/d/page.css', '/d/words.js', '/d/page.js']
self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open('d')
      .then((cache) => cache.addAll(FILES))
      .then(() => self.skipWaiting()),
  )
})
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))
self.addEventListener('fetch', (event) => {
  const { pathname } = new URL(event.request.url)
  if (event.request.method !== 'GET' || !FILES.includes(pathname)) return
  const fresh = fetch(event.request).then(async (answer) => {
    if (answer.ok) await (await caches.open('d')).put(event.request, answer.clone())
    return answer
  })
  event.respondWith(fresh.catch(() => caches.match(event.request, { ignoreSearch: true })))
})
