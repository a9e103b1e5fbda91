// Offline after the first visit: all pages of this version come from the cache, and are fetched once.
// tools/build_site.mjs writes the version (a hash of the site) and the list of files into the next lines.
const VERSION = 'dev';
/** @type {string[]} */
const FILES = [];

const worker = /** @type {any} */ (globalThis);
const { scope } = worker.registration;
const PREFIX = `coordiff-${scope}-`;
const CACHE = PREFIX + VERSION;

/** What does not lie under this version's name is asked of the host: the browser may have a copy of the version before. */
async function keepAll() {
  const cache = await caches.open(CACHE);
  const request = (/** @type {string} */ name) =>
    new Request(name, { cache: name.startsWith('v/') ? 'default' : 'no-cache' });
  await cache.addAll(['./', ...FILES].map(request));
}

/** The version before stays, for pages that were opened with it: its modules have addresses of their own (v/VERSION/). */
async function forgetOlder() {
  const names = await caches.keys(); // in the order of their creation
  const others = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(others.slice(0, -1).map((name) => caches.delete(name)));
  await worker.clients.claim();
}

/** Nothing is at this address: said by a page whose links mean this site, however deep the address lies. */
async function notFound() {
  const kept = await caches.match('404.html', { cacheName: CACHE });
  const text = (await kept?.text()) ?? '';
  const body = text.replace(/<base href="[^"]*">/, `<base href="${scope}">`);
  return new Response(body, { status: 404, headers: { 'Content-Type': 'text/html; charset=utf-8' } });
}

/** @param {Request} request */
async function answer(request) {
  const page = request.mode === 'navigate';
  const cache = await caches.open(CACHE);
  const kept = (await cache.match(request, { ignoreSearch: page })) ?? (page ? null : await caches.match(request));
  // Hosts that take .html off an address answered with a redirection, which is not accepted for a page.
  if (kept) return kept.redirected ? new Response(kept.body, kept) : kept;
  const response = await fetch(request).catch((error) => {
    if (page) return notFound();
    throw error;
  });
  return page && response.status === 404 ? notFound() : response;
}

worker.addEventListener('install', (/** @type {any} */ event) => {
  worker.skipWaiting();
  event.waitUntil(keepAll());
});
worker.addEventListener('activate', (/** @type {any} */ event) => event.waitUntil(forgetOlder()));
worker.addEventListener('fetch', (/** @type {any} */ event) => {
  const { method, url } = event.request;
  if (method === 'GET' && url.startsWith(scope)) event.respondWith(answer(event.request));
});
