// Part of the first script: a part of this page that can't be had most likely means that AiKore was updated while the
// page came. Then it is loaded once more, and only once: what is missing for another reason must not turn in circles.
(() => {
  const KEY = 'aikore.again';
  const AGAIN = 30_000;
  addEventListener(
    'error',
    ({ target }) => {
      if (!(target instanceof HTMLScriptElement || (target instanceof HTMLLinkElement && target.rel === 'stylesheet'))) return;
      try {
        if (Date.now() - Number(sessionStorage.getItem(KEY)) < AGAIN) return;
        sessionStorage.setItem(KEY, String(Date.now()));
      } catch {
        // Without a memory there is no telling whether it was tried before.
        return;
      }
      location.reload();
    },
    true,
  );
})();
