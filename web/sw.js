// Offline after the first visit: everything of this version comes from the cache, and is fetched once.
// tools/build_site.mjs writes the version (a hash of the site) and the list of files into the next lines.
const VERSION = 'dev';
/** @type {string[]} */
const FILES = [];

const worker = /** @type {any} */ (globalThis);
const CACHE = `coordiff-${worker.registration.scope}-${VERSION}`;
const PREFIX = `coordiff-${worker.registration.scope}-`;

/** What a page at the scope's root is kept under. */
const ROOT = './';

async function keepAll() {
  const cache = await caches.open(CACHE);
  await cache.addAll([ROOT, ...FILES]);
}

async function forgetOthers() {
  const names = await caches.keys();
  await Promise.all(
    names
      .filter((name) => name.startsWith(PREFIX) && name !== CACHE)
      .map((name) => caches.delete(name)),
  );
  await worker.clients.claim();
}

/** @param {Request} request */
async function answer(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request.mode === 'navigate' ? ROOT : request, {
    ignoreSearch: request.mode === 'navigate',
  });
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok && response.type === 'basic') await cache.put(request, response.clone());
  return response;
}

worker.addEventListener('install', (/** @type {any} */ event) => {
  worker.skipWaiting();
  event.waitUntil(keepAll());
});
worker.addEventListener('activate', (/** @type {any} */ event) => event.waitUntil(forgetOthers()));
worker.addEventListener('fetch', (/** @type {any} */ event) => {
  const { method, url } = event.request;
  if (method === 'GET' && url.startsWith(worker.location.origin))
    event.respondWith(answer(event.request));
});
