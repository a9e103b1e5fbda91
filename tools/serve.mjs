// A small static server for trying the page: node tools/serve.mjs [--port 8000] [--dir build/site]
import { createReadStream, existsSync } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { dirname, extname, join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip as gzipCallback } from 'node:zlib';

const brotli = promisify(brotliCompress);
const gzip = promisify(gzipCallback);

/** @type {Record<string, string>} */
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.wasm': 'application/wasm',
  '.safetensors': 'application/octet-stream',
  '.txt': 'text/plain; charset=utf-8',
};
/** What becomes smaller, as hosts have it: not pictures, and not the weights of models. */
const PACKED = /^text\/|json|svg|wasm/;
/** What build_site puts into a folder of its version's name never changes. */
const VERSIONED = /\/v\/[0-9a-f]{16}\//;
const FOR_EVER = 'public, max-age=31536000, immutable';

/**
 * The file a request means, or null: nothing outside the folder, by a link neither.
 * @param {string} folder @param {string} url
 */
async function fileFor(folder, url) {
  try {
    const path = decodeURIComponent(new URL(url, 'http://localhost').pathname);
    const wanted = join(folder, path.endsWith('/') ? `${path}index.html` : path);
    const [file, root] = await Promise.all([realpath(wanted), realpath(folder)]);
    return file.startsWith(root + sep) && (await stat(file)).isFile() ? file : null;
  } catch {
    return null; // no address, no path, no such file
  }
}

/** Files compressed once, by name, time and encoding. @type {Map<string, Promise<Buffer>>} */
const packed = new Map();
const PACKERS = {
  br: (/** @type {Buffer} */ bytes) =>
    brotli(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  gzip: (/** @type {Buffer} */ bytes) => gzip(bytes, { level: 9 }),
};

/** The better of the encodings that a browser takes. @param {string} accepted @returns {'br'|'gzip'|null} */
function encodingFor(accepted) {
  const takes = (/** @type {string} */ name) => new RegExp(`\\b${name}\\b(?!;q=0(\\.0*)?(,|$))`).test(accepted);
  return takes('br') ? 'br' : takes('gzip') ? 'gzip' : null;
}

/** @param {string} file @param {string} etag @param {'br'|'gzip'} encoding */
function pack(file, etag, encoding) {
  const key = `${file} ${etag}`;
  let bytes = packed.get(key);
  if (!bytes) {
    bytes = readFile(file).then(PACKERS[encoding]);
    bytes.catch(() => packed.delete(key));
    packed.set(key, bytes);
  }
  return bytes;
}

/** @param {string} folder @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
async function answer(folder, request, response) {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return response.writeHead(405, { Allow: 'GET, HEAD' }).end();
  const found = await fileFor(folder, request.url ?? '/');
  const file = found ?? (await fileFor(folder, '/404.html'));
  if (!file)
    return response.writeHead(404, { 'Content-Type': TYPES['.txt'] }).end('There is no such file.\n');
  const type = TYPES[extname(file)] ?? 'application/octet-stream';
  const encoding = PACKED.test(type) ? encodingFor(`${request.headers['accept-encoding'] ?? ''}`.replaceAll(' ', '')) : null;
  const { size, mtimeMs } = await stat(file);
  const etag = `"${size.toString(16)}-${Math.round(mtimeMs).toString(16)}${encoding ? `-${encoding}` : ''}"`;
  const headers = {
    'Content-Type': type,
    'Cache-Control': found && VERSIONED.test(file) ? FOR_EVER : 'no-cache', // which is: kept, but asked about
    'X-Content-Type-Options': 'nosniff',
    Vary: 'Accept-Encoding',
    ETag: etag,
  };
  if (found && request.headers['if-none-match'] === etag) return response.writeHead(304, headers).end();
  const body = encoding && (await pack(file, etag, encoding));
  response.writeHead(found ? 200 : 404, {
    ...headers,
    ...(encoding && { 'Content-Encoding': encoding }),
    'Content-Length': body ? body.length : size,
  });
  if (request.method === 'HEAD') return response.end();
  if (body) return response.end(body);
  await pipeline(createReadStream(file), response); // which closes the file when the client has left
}

/** @param {string} folder */
export const createSiteServer = (folder) =>
  createServer((request, response) => {
    answer(folder, request, response).catch(() => response.destroy());
  });

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
