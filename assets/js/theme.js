// Runs before the first paint (a classic script in <head>): sets the chosen theme so nothing flashes.
(() => {
  try {
    const theme = localStorage.getItem('aikore.theme');
    if (theme === 'dark' || theme === 'light' || theme === 'crt') document.documentElement.dataset.theme = theme;
    document.documentElement.dataset.rows = localStorage.getItem('aikore.rows') === 'dense' ? 'dense' : 'comfortable';
  } catch {
    // Storage refused (private mode): the system's theme is used.
  }
})();
