// The page of the API: shows what GET /api/openapi.json says, and makes calls. Everything it shows is text; nothing of it is taken
// as HTML.
import { el, setText, show } from '../dom.js';

/** @typedef {{ $ref?: string, type?: string|string[], format?: string, description?: string, properties?: Record<string, Schema>, required?: string[], items?: Schema, additionalProperties?: Schema|boolean, enum?: unknown[], oneOf?: Schema[], anyOf?: Schema[], allOf?: Schema[], example?: unknown }} Schema */
/** @typedef {{ name: string, in: string, required?: boolean, description?: string, schema: Schema, example?: unknown }} Parameter */
/** @typedef {Record<string, { schema?: Schema, example?: unknown }>} Content */
/** @typedef {{ description: string, content?: Content, headers?: Record<string, { description?: string }> }} Answer */
/** @typedef {{ summary: string, description: string, operationId: string, tags: string[], parameters?: Parameter[], requestBody?: { required?: boolean, content: Content }, responses: Record<string, Answer> }} Call */
/** @typedef {{ info: { version: string, description: string }, tags: { name: string, description: string }[], paths: Record<string, Record<string, Call>>, components: { schemas: Record<string, Schema> } }} Whole */

const root = document.documentElement.dataset.root ?? '/';
const main = /** @type {HTMLElement} */ (document.getElementById('docs'));
const note = /** @type {HTMLElement} */ (document.getElementById('note'));

/** How deep a shape is shown before it is only named. */
const DEEPEST = 4;
/** The most of an answer that is shown. */
const LONGEST = 200_000;

/** A text with `code` and **bold** in it. @param {string} text @returns {(Node|string)[]} */
function words(text) {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part) => {
    if (part.startsWith('`')) return el('code', { text: part.slice(1, -1) });
    return part.startsWith('**') ? el('strong', { text: part.slice(2, -2) }) : part;
  });
}

/** @param {string} text */
const paragraphs = (text) => text.split('\n\n').map((part) => el('p', {}, ...words(part.replaceAll('\n', ' '))));

/** @param {Whole} whole @param {Schema} schema @returns {[Schema, string]} what is meant, and its name */
function resolved(whole, schema) {
  const name = schema.$ref?.split('/').at(-1) ?? '';
  return name ? [whole.components.schemas[name] ?? {}, name] : [schema, ''];
}

/** A type in a word or two. @param {Whole} whole @param {Schema} given @returns {string} */
function kindOf(whole, given) {
  const [schema, name] = resolved(whole, given);
  if (schema.enum) return schema.enum.map(String).join(' | ');
  const ways = schema.oneOf ?? schema.anyOf;
  if (ways) return ways.map((way) => kindOf(whole, way)).join(' or ');
  if (schema.items) return `list of ${kindOf(whole, schema.items)}`;
  if (schema.properties || schema.allOf) return name || 'object';
  return [schema.type ?? 'anything'].flat().join(' or ') + (schema.format ? ` (${schema.format})` : '');
}

/** What is below a schema: its members. @param {Whole} whole @param {Schema} given @param {number} depth @returns {HTMLElement|null} */
function shape(whole, given, depth = 0) {
  const [schema] = resolved(whole, given);
  if (depth > DEEPEST) return null;
  if (schema.items) return shape(whole, schema.items, depth);
  const ways = (schema.oneOf ?? schema.anyOf ?? schema.allOf ?? []).map((way) => shape(whole, way, depth)).filter((one) => one !== null);
  const members = Object.entries(schema.properties ?? {}).map(([name, of]) => {
    const about = of.description ?? resolved(whole, of)[0].description ?? '';
    return el('li', {}, el('code', { text: name }), ' ', el('span', { class: 'muted', text: kindOf(whole, of) }), about ? ' – ' : '', ...words(about), shape(whole, of, depth + 1));
  });
  if (typeof schema.additionalProperties === 'object') {
    members.push(el('li', {}, 'any name ', el('span', { class: 'muted', text: kindOf(whole, schema.additionalProperties) }), shape(whole, schema.additionalProperties, depth + 1)));
  }
  const own = members.length > 0 ? el('ul', { class: 'docs-shape' }, ...members) : null;
  if (ways.length === 0) return own;
  return el('div', {}, own, ...ways);
}

/** What an answer brings. @param {Response} response */
async function shown(response) {
  const media = response.headers.get('content-type') ?? '';
  if (!/json|text/.test(media)) return `${media || 'no content'}`;
  const text = (await response.text()).slice(0, LONGEST);
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** The part of a call that makes it. @param {string} method @param {string} path @param {Call} call @param {() => string} token */
function attempt(method, path, call, token) {
  const content = call.requestBody?.content['application/json'];
  const id = (/** @type {string} */ name) => `${call.operationId}-${name}`;
  /** @type {[Parameter, HTMLInputElement][]} */
  const fields = (call.parameters ?? []).map((one) => [one, el('input', { class: 'input', id: id(one.name), value: one.in === 'path' || one.required ? String(one.example ?? '') : '', autocomplete: 'off', spellcheck: 'false' })]);
  const rows = fields.map(([one, input]) =>
    el('div', { class: 'docs-field' }, el('label', { for: input.id }, one.name, one.required ? '' : el('small', { text: ' optional' })), el('div', {}, input, el('small', {}, ...words(one.description ?? '')))),
  );
  const body = content ? el('textarea', { id: id('body'), spellcheck: 'false', 'aria-label': 'Body' }) : null;
  if (body) body.value = JSON.stringify(content?.example ?? {}, null, 2);
  const answer = el('pre', { hidden: true, tabindex: '0', 'aria-label': 'Answer' });
  const status = el('span', { role: 'status', class: 'muted' });
  const send = el('button', { type: 'button', class: 'button primary', text: 'Send' });
  const abort = { last: new AbortController() };

  send.addEventListener('click', async () => {
    abort.last.abort();
    abort.last = new AbortController();
    let target = path;
    const query = new URLSearchParams();
    /** @type {Record<string, string>} */
    const headers = {};
    for (const [one, input] of fields) {
      if (one.in === 'path') target = target.replace(`{${one.name}}`, encodeURIComponent(input.value));
      else if (one.in === 'query' && input.value !== '') query.set(one.name, input.value);
      else if (one.in === 'header' && input.value !== '') headers[one.name] = input.value;
    }
    if (token()) headers.authorization = `Bearer ${token()}`;
    if (body && body.value.trim() !== '') headers['content-type'] = 'application/json';
    setText(status, 'Sent…');
    try {
      const response = await fetch(`${root}${target.slice(1)}${query.size > 0 ? `?${query}` : ''}`, {
        method: method.toUpperCase(),
        headers,
        body: body && body.value.trim() !== '' ? body.value : undefined,
        signal: abort.last.signal,
      });
      setText(status, `${response.status} ${response.statusText}`);
      setText(answer, await shown(response));
      show(answer, true);
    } catch (error) {
      if (!abort.last.signal.aborted) setText(status, `It could not be sent: ${error instanceof Error ? error.message : error}`);
    }
  });
  return el('div', { class: 'docs-body-try' }, ...(rows.length > 0 ? [el('h3', { text: 'What it takes' })] : []), ...rows, ...(body ? [el('h3', { text: 'Body' }), body] : []), el('div', { class: 'docs-try' }, send, status), answer);
}

/** Whether a page can make it: no streams, no websockets, no files. @param {string} method @param {Call} call */
function canTry(method, call) {
  const streams = Object.values(call.responses).some((answer) => answer.content?.['text/event-stream']);
  const isFile = call.requestBody !== undefined && !call.requestBody.content['application/json'];
  return !streams && !isFile && !call.responses['101'] && method !== 'options';
}

/** @param {Whole} whole @param {string} method @param {string} path @param {Call} call @param {() => string} token */
function details(whole, method, path, call, token) {
  const answers = Object.entries(call.responses).map(([code, answer]) => {
    const schema = Object.values(answer.content ?? {})[0]?.schema;
    const below = schema && code < '400' ? shape(whole, schema) : null;
    const headers = Object.entries(answer.headers ?? {}).map(([name, header]) => el('div', {}, el('code', { text: name }), ` ${header.description ?? ''}`));
    const kind = schema && code < '400' ? ` (${kindOf(whole, schema)})` : '';
    return el('li', {}, el('strong', { text: code }), el('div', {}, ...words(answer.description), el('span', { class: 'muted', text: kind }), ...headers, below));
  });
  const takes = call.requestBody?.content['application/json']?.schema;
  const members = takes ? shape(whole, takes) : null;
  return el(
    'div',
    { class: 'docs-body' },
    ...paragraphs(call.description),
    members ? el('div', {}, el('h3', { text: 'Members of the body' }), members) : null,
    canTry(method, call) ? attempt(method, path, call, token) : null,
    el('h3', { text: 'Answers' }),
    el('ul', { class: 'docs-answers' }, ...answers),
  );
}

/** @param {Whole} whole */
function build(whole) {
  const find = el('input', { class: 'input', type: 'search', placeholder: 'Find a call', 'aria-label': 'Find a call' });
  const token = el('input', { class: 'input', type: 'password', placeholder: 'Token (empty: this login)', 'aria-label': 'Token to make calls with', autocomplete: 'off' });
  /** @type {{ element: HTMLElement, calls: { element: HTMLElement, text: string }[] }[]} */
  const areas = whole.tags.map((tag) => {
    const calls = Object.entries(whole.paths).flatMap(([path, item]) =>
      Object.entries(item)
        .filter(([, call]) => call.tags[0] === tag.name)
        .map(([method, call]) => {
          const element = el('details', { class: 'docs-call', id: call.operationId }, el('summary', {}, el('span', { class: 'docs-method', data: { method }, text: method.toUpperCase() }), el('span', { class: 'docs-path', text: path }), el('span', { class: 'docs-short', text: call.summary })));
          // Made when it is looked at: a hundred of them at once take a while.
          element.addEventListener('toggle', () => element.childElementCount === 1 && element.append(details(whole, method, path, call, () => token.value.trim())), { once: true });
          return { element, text: `${method} ${path} ${call.summary}`.toLowerCase() };
        }),
    );
    const element = el('section', { 'aria-label': tag.name }, el('h2', { id: `area-${tag.name.replaceAll(' ', '-')}`, text: tag.name }), el('p', { class: 'page-hint', text: tag.description }), el('div', { class: 'docs-calls' }, ...calls.map((one) => one.element)));
    return { element, calls };
  });
  find.addEventListener('input', () => {
    const wanted = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const area of areas) {
      let any = false;
      for (const call of area.calls) {
        const fits = wanted.every((word) => call.text.includes(word));
        show(call.element, fits);
        any ||= fits;
        count += fits ? 1 : 0;
      }
      show(area.element, any);
    }
    setText(note, wanted.length > 0 ? `${count} calls fit.` : '');
  });
  const links = whole.tags.map((tag) => el('a', { href: `#area-${tag.name.replaceAll(' ', '-')}`, text: tag.name }));
  setText(note, '');
  main.append(
    ...paragraphs(whole.info.description),
    el('p', {}, 'The same for programs: ', el('a', { href: `${root}api/openapi.json`, text: 'openapi.json' }), `, version ${whole.info.version}.`),
    el('div', { class: 'docs-find' }, find, token),
    el('nav', { class: 'docs-areas', 'aria-label': 'Areas' }, ...links),
    ...areas.map((area) => area.element),
  );
  const asked = location.hash ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
  if (asked instanceof HTMLDetailsElement) asked.open = true;
  asked?.scrollIntoView();
}

try {
  const response = await fetch(`${root}api/openapi.json`);
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  build(await response.json());
} catch (error) {
  setText(note, `The description could not be read: ${error instanceof Error ? error.message : error}. Reload the page.`);
}
