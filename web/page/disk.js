// A classic script, because modules are not loaded from the disk: it says so, where nothing else could.
if (location.protocol === 'file:')
  document.addEventListener('DOMContentLoaded', () => {
    const trouble = /** @type {HTMLElement} */ (document.getElementById('trouble'));
    const status = /** @type {HTMLElement} */ (document.getElementById('status'));
    trouble.textContent =
      'This page was opened from the disk, where browsers run neither its modules nor its WebAssembly: it needs a server. ' +
      'Run “make serve” in the folder of coordiff, or “python3 -m http.server” in the folder of a finished site, and open the address that it prints.';
    trouble.hidden = false;
    status.textContent = 'No picture can be made from the disk.';
    document.getElementById('sheet')?.classList.remove('waiting');
  });
