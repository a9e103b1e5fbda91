import { openPage, pictureDone, startBrowser, startSite } from '../../tests/web/browser.js';
const site = await startSite();
const { browser, stop } = await startBrowser();
const name = process.argv[2] ?? 'panorama', side = name==='faces'?48:64;
const { page, close } = await openPage(browser, `${site.url}#model=${name}&size=${8*side}x${8*side}&class=0`);
await pictureDone(page);
const out = await page.evaluate(async () => {
  const log = [];
  const post = Worker.prototype.postMessage;
  const seen = new WeakSet();
  Worker.prototype.postMessage = function (m, ...r) {
    if (!seen.has(this)) { seen.add(this); this.addEventListener('message', (e) => log.push([performance.now(), 'got', e.data?.id])); }
    log.push([performance.now(), 'post', m.id, JSON.stringify(m, (k,v)=> ArrayBuffer.isView(v)? 'arr'+v.length : typeof v==='bigint'? String(v):v).slice(0, 90)]);
    return post.call(this, m, ...r);
  };
  const slider = document.getElementById('mix');
  const t0 = performance.now();
  for (let i = 0; performance.now() < t0 + 1500; i++) {
    slider.value = String(Math.abs(((i / 50) % 2) - 1));
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    log.push([performance.now(), 'frame']);
    await new Promise((n) => requestAnimationFrame(n));
  }
  return log.map(([t, ...r]) => (t - t0).toFixed(1) + ' ' + r.join(' '));
});
console.log(out.join('\n'));
await close(); await stop(); process.exit(0);
