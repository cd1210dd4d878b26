// The first picture of the page comes first: what is not to be seen in it waits for this.

/** Pages that nobody looks at are not drawn: those wait so long, in milliseconds. */
const UNSEEN = 1000;

/** Resolves once the page has been drawn for the first time. @type {Promise<void>} */
export const drawn = new Promise((resolve) => {
  requestAnimationFrame(() => setTimeout(resolve));
  setTimeout(resolve, UNSEEN);
});
