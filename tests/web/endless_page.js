// A world without end on the page, for tests: a site with one more model, dragging, and parts of the plane in the link.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { boxOf, hashOf, SITE } from './browser.js';

/** @typedef {import('playwright-core').Page} Page */

/** A copy of the site with a checkpoint of two classes as one more model; gone after the tests. @param {string} id @param {string} title @param {string} checkpoint @returns {string} its folder */
export function siteWith(id, title, checkpoint) {
  const site = mkdtempSync(join(tmpdir(), `coordiff-${id}-`));
  after(() => rmSync(site, { recursive: true, force: true }));
  cpSync(SITE, site, { recursive: true });
  cpSync(checkpoint, join(site, `models/${id}.safetensors`));
  const entry = {
    id, title, file: `models/${id}.safetensors`, about: 'For tests.', classes: ['One', 'Two'],
    licence: 'None', settings: { class: 1, steps: 3, guidance: 1 },
  };
  const list = JSON.parse(readFileSync(join(site, 'models.json'), 'utf8'));
  writeFileSync(join(site, 'models.json'), JSON.stringify([...list, entry]));
  return site;
}

/** @param {Page} page @param {number} dx @param {number} dy CSS pixels */
export async function drag(page, dx, dy) {
  const { x, y, width, height } = await boxOf(page, '#glass');
  const [cx, cy] = [x + width / 2, y + height / 2];
  await page.mouse.move(cx - dx / 2, cy - dy / 2);
  await page.mouse.down();
  await page.mouse.move(cx + dx / 2, cy + dy / 2, { steps: 6 });
  await page.mouse.up();
}

/** Parts of the plane in the link. @param {Page} page @param {string} key */
export async function partIn(page, key) {
  const text = new URLSearchParams((await hashOf(page)).slice(1)).get(key);
  return text ? text.split(',').map(Number) : null;
}
