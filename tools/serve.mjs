// A small static server for trying the page: node tools/serve.mjs [--port 8000] [--dir build/site]
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, extname, join, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** @type {Record<string, string>} */
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
  '.safetensors': 'application/octet-stream',
};

/** The file a request means, or null: nothing outside the folder. @param {string} folder @param {string} url */
function fileFor(folder, url) {
  let path;
  try {
    path = decodeURIComponent(new URL(url, 'http://localhost').pathname);
  } catch {
    return null;
  }
  if (path.includes('\0')) return null;
  const file = resolve(join(folder, path.endsWith('/') ? `${path}index.html` : path));
  if (!file.startsWith(resolve(folder) + sep)) return null;
  return existsSync(file) && statSync(file).isFile() ? file : null;
}

/** @param {string} folder */
export function createSiteServer(folder) {
  return createServer((request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { Allow: 'GET, HEAD' }).end();
      return;
    }
    const file = fileFor(folder, request.url ?? '/');
    if (!file) {
      response
        .writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' })
        .end('There is no such file.\n');
      return;
    }
    const { size, mtimeMs } = statSync(file);
    const etag = `"${size.toString(16)}-${Math.round(mtimeMs).toString(16)}"`;
    const headers = {
      'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
      'Cache-Control': 'no-cache',
      'X-Content-Type-Options': 'nosniff',
      ETag: etag,
    };
    if (request.headers['if-none-match'] === etag) {
      response.writeHead(304, headers).end();
      return;
    }
    response.writeHead(200, { ...headers, 'Content-Length': size });
    if (request.method === 'HEAD') response.end();
    else
      createReadStream(file)
        .on('error', () => response.destroy())
        .pipe(response);
  });
}

/** Listens on this machine only; on the next free port when this one is taken. @param {import('node:http').Server} server @param {number} port */
export function listen(server, port) {
  return /** @type {Promise<number>} */ (
    new Promise((done, failed) => {
      server.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
        if (error.code === 'EADDRINUSE') server.listen(0, '127.0.0.1');
        else failed(error);
      });
      server.on('listening', () =>
        done(/** @type {import('node:net').AddressInfo} */ (server.address()).port),
      );
      server.listen(port, '127.0.0.1');
    })
  );
}

/** @param {string} name @param {string} initial */
function option(name, initial) {
  const at = process.argv.indexOf(`--${name}`);
  return at > 0 && process.argv[at + 1] ? process.argv[at + 1] : initial;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const folder = option(
    'dir',
    join(dirname(fileURLToPath(import.meta.url)), '..', 'build', 'site'),
  );
  const port = Number(option('port', '8000'));
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    console.error(
      `serve: --port is '${option('port', '')}', but must be a whole number from 0 to 65535`,
    );
    process.exit(2);
  }
  if (!existsSync(join(folder, 'index.html'))) {
    console.error(
      `serve: ${folder} has no index.html; run make serve, or node tools/build_site.mjs first`,
    );
    process.exit(1);
  }
  const got = await listen(createSiteServer(folder), port);
  console.log(`Open http://127.0.0.1:${got}/ in a browser; Ctrl-C stops serving.`);
}
