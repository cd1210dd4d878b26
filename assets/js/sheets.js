// Style sheets that libraries write as they draw. The policy of our pages lets no style element in; a sheet that a script
// constructs is no such thing. The build puts this in the place of the style elements of libraries (assets/build/sheets.mjs).

/**
 * Stands where a style element would: what is written into it becomes a sheet of the document.
 * @param {Document} document @returns {HTMLElement}
 */
export function styleElement(document) {
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  const stand = document.createElement('span');
  stand.hidden = true;
  const remove = stand.remove.bind(stand);
  return Object.defineProperties(stand, {
    textContent: {
      set: (/** @type {string} */ text) => {
        sheet.replaceSync(text);
      },
    },
    remove: {
      value: () => {
        document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet);
        remove();
      },
    },
  });
}
