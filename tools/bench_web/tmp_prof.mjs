import { openPage, pictureDone, startBrowser, startSite } from '../../tests/web/browser.js';
const site = await startSite();
const { browser, stop } = await startBrowser();
const name = process.argv[2] ?? 'panorama', side = name==='faces'?48:64;
const { page, close } = await openPage(browser, `${site.url}#model=${name}&size=${8*side}x${8*side}&class=0`);
await pictureDone(page);
const cdp = await page.context().newCDPSession(page);
await cdp.send('Profiler.enable'); await cdp.send('Profiler.setSamplingInterval',{interval:500});
await cdp.send('Profiler.start');
const m0 = await cdp.send('Performance.enable').then(()=>cdp.send('Performance.getMetrics'));
await page.evaluate(async () => {
  const slider = document.getElementById('mix');
  const t0 = performance.now();
  for (let i = 0; performance.now() < t0 + 3000; i++) {
    slider.value = String(Math.abs(((i / 50) % 2) - 1));
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    await new Promise((n) => requestAnimationFrame(n));
  }
});
const m1 = await cdp.send('Performance.getMetrics');
const { profile } = await cdp.send('Profiler.stop');
const dt = profile.timeDeltas, self = new Map();
profile.samples.forEach((id, i) => self.set(id, (self.get(id) ?? 0) + dt[i]));
const by = new Map();
for (const n of profile.nodes) { const k = n.callFrame.functionName + ' ' + n.callFrame.url.split('/').slice(-2).join('/') + ':' + n.callFrame.lineNumber; by.set(k, (by.get(k) ?? 0) + (self.get(n.id) ?? 0)); }
console.log([...by].sort((a,b)=>b[1]-a[1]).slice(0,22).map(([k,v])=>(v/1000).toFixed(0).padStart(6)+' ms '+k).join('\n'));
const g=(m,k)=>m.metrics.find(x=>x.name===k)?.value;
for (const k of ['TaskDuration','ScriptDuration','LayoutDuration','RecalcStyleDuration','Frames','LayoutCount','RecalcStyleCount']) console.log(k, g(m1,k)-g(m0,k));
await close(); await stop(); process.exit(0);
