// The server that the page is tried with: as a good host would be, and nothing outside its folder.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { createSiteServer, listen } from '../../tools/serve.mjs';

const outside = mkdtempSync(join(tmpdir(), 'coordiff-serve-'));
const folder = join(outside, 'site');
const PAGE = `<!doctype html><title>x</title>${'<p>the same again</p>'.repeat(200)}`;
const LARGE = 8 * 2 ** 20; // more than the sockets hold
mkdirSync(join(folder, 'deep'), { recursive: true });
writeFileSync(join(outside, 'secret.txt'), 'secret');
writeFileSync(join(folder, 'index.html'), PAGE);
mkdirSync(join(folder, 'v/0123456789abcdef/page'), { recursive: true });
writeFileSync(join(folder, 'v/0123456789abcdef/page/main.js'), '1');
writeFileSync(join(folder, '404.html'), 'not here');
writeFileSync(join(folder, 'engine.wasm'), Buffer.alloc(5000));
writeFileSync(join(folder, 'large.safetensors'), Buffer.alloc(LARGE));
symlinkSync(join(outside, 'secret.txt'), join(folder, 'link.txt'));
symlinkSync(outside, join(folder, 'up'));
symlinkSync(join(folder, 'index.html'), join(folder, 'deep', 'inside.html'));

const server = createSiteServer(folder);
let port = 0;
before(async () => {
  port = await listen(server, 0);
});
after(() => {
  server.close();
  server.closeAllConnections();
});

/** @param {string} path as it is sent @param {Record<string, string>} [headers] @param {string} [method] */
const ask = (path, headers = {}, method = 'GET') =>
  /** @type {Promise<{status: number, headers: import('node:http').IncomingHttpHeaders, body: Buffer}>} */ (
    new Promise((done, failed) => {
      get({ port, host: '127.0.0.1', path, headers, method, agent: false }, (response) => {
        /** @type {Buffer[]} */
        const parts = [];
        response.on('data', (part) => parts.push(part));
        response.on('end', () => done({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }));
      }).on('error', failed);
    })
  );

test('text and WebAssembly are compressed for those who can read that, and asked about again', async () => {
  const plain = await ask('/');
  assert.equal(plain.body.toString(), PAGE);
  assert.equal(plain.headers['content-encoding'], undefined);
  for (const [accepted, encoding, unpack] of /** @type {const} */ ([
    ['gzip, deflate, br', 'br', brotliDecompressSync],
    ['gzip, br;q=0', 'gzip', gunzipSync],
    ['gzip', 'gzip', gunzipSync],
  ])) {
    const { headers, body } = await ask('/', { 'accept-encoding': accepted });
    assert.equal(headers['content-encoding'], encoding);
    assert.equal(unpack(body).toString(), PAGE);
    assert.ok(body.length < PAGE.length / 10 && Number(headers['content-length']) === body.length);
    assert.equal(headers.vary, 'Accept-Encoding');
    assert.equal(headers['cache-control'], 'no-cache');
    assert.notEqual(headers.etag, plain.headers.etag);
    const again = await ask('/', { 'accept-encoding': accepted, 'if-none-match': `${headers.etag}` });
    assert.equal(again.status, 304);
    assert.equal(again.body.length, 0);
  }
  const versioned = await ask('/v/0123456789abcdef/page/main.js');
  assert.match(`${versioned.headers['cache-control']}`, /max-age=31536000, immutable/);
  assert.equal((await ask('/v/0123456789abcdef/page/none.js')).headers['cache-control'], 'no-cache');
  assert.equal((await ask('/engine.wasm', { 'accept-encoding': 'gzip' })).headers['content-encoding'], 'gzip');
  const weights = await ask('/large.safetensors', { 'accept-encoding': 'gzip, br' });
  assert.equal(weights.headers['content-encoding'], undefined);
  assert.equal(weights.body.length, LARGE);
  assert.equal((await ask('/', {}, 'HEAD')).headers['content-length'], `${PAGE.length}`);
  assert.equal((await ask('/', {}, 'POST')).status, 405);
});

test('nothing outside the folder, by dots or by links; what is not there is the page that says so', async () => {
  for (const path of ['/../secret.txt', '/%2e%2e/secret.txt', '/link.txt', '/up/secret.txt', '/none', '/deep', '/%00', '/%', '//']) {
    const { status, body, headers } = await ask(path, { 'if-none-match': '"x"' });
    assert.equal(status, 404, path);
    assert.equal(body.toString(), 'not here', path);
    assert.match(`${headers['content-type']}`, /^text\/html/);
  }
  assert.equal((await ask('/deep/inside.html')).status, 200); // a link that stays inside
});

test('clients that leave early leave no file open', { skip: process.platform !== 'linux' }, async () => {
  const open = () => readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).endsWith('large.safetensors');
    } catch {
      return false; // it was that of this very folder
    }
  });
  await Promise.all(Array.from({ length: 40 }, () => /** @type {Promise<void>} */ (new Promise((done) => {
    const request = get({ port, host: '127.0.0.1', path: '/large.safetensors', agent: false }, (response) => {
      response.once('data', () => {
        request.destroy();
        done();
      });
    }).on('error', () => {});
  }))));
  for (let i = 0; i < 100 && open().length > 0; i++) await new Promise((next) => setTimeout(next, 20));
  assert.deepEqual(open(), []);
});
