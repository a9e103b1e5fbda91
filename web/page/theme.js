// A classic script, run before the first paint, so that the page does not flash: `data-choice` is what the visitor wants
// (auto, light, dark), `data-theme` what that means now.
{
  const root = document.documentElement;
  const system = matchMedia('(prefers-color-scheme: dark)');
  const show = () => {
    const { choice } = root.dataset;
    root.dataset.theme = choice === 'auto' ? (system.matches ? 'dark' : 'light') : choice;
  };
  let choice = null;
  try {
    choice = localStorage.getItem('coordiff-theme');
  } catch {
    // Storage may be forbidden; the system's choice remains.
  }
  root.dataset.choice = choice === 'light' || choice === 'dark' ? choice : 'auto';
  show();
  system.addEventListener('change', show);
  new MutationObserver(show).observe(root, { attributeFilter: ['data-choice'] });
}
