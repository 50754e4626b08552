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
// A network that is there and brings nothing is no network: then all of it is as it was kept, not one file of each.
let slow = false
self.addEventListener('fetch', (event) => {
  const { pathname } = new URL(event.request.url)
  if (event.request.method !== 'GET' || !FILES.includes(pathname)) return
  const kept = () => caches.match(event.request, { ignoreSearch: true })
  const fresh = fetch(event.request).then(async (answer) => {
    if (answer.ok) await (await caches.open('d')).put(event.request, answer.clone())
    return answer
  })
  event.waitUntil(fresh.catch(() => {}))
  if (pathname === '/d') slow = false
  const patience = pathname === '/d' ? 3000 : slow ? 0 : 10000
  const late = new Promise((done) => setTimeout(done, patience)).then(async () => {
    const known = await kept()
    if (known && pathname === '/d') slow = true
    return known ?? fresh
  })
  event.respondWith(Promise.race([fresh, late]).catch(kept))
})
