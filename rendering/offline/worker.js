// The service worker: pages that were opened, with what they need, can be read and run without a connection.
//
// One cache holds files of one version of the site, each held against that version's manifest (offline.json) before it
// is kept: nothing else gets in, so nothing can be mixed. A page is kept after all that it needs. A new version of this
// file, which has the site's version in it, first makes a cache of its own, with what the old one has, and then takes
// over; what fails on the way leaves the old one as it is. The network comes first for all but names with a hash.
//
// Python's parts and the models are with live/js/page/parts.js, which has a lock for them. Here they are only added to
// where Python has been run: those that an opened page needs, and those of a new version.
const VERSION = "/*version*/";
const SITE = self.registration.scope, OURS = `ovlearn-offline ${SITE} `, NAME = OURS + VERSION;
const PARTS = "ovlearn-live"; // as parts.js has it
const HASH = /\.[0-9a-f]{8,}(?=\.)/;

/** A file of the site by its address, as the manifest names it, or null. */
function place(address) {
  const { origin, pathname } = new URL(address);
  if (!(origin + pathname).startsWith(SITE)) return null;
  return (origin + pathname).slice(SITE.length).replace(/(^|\/)$/, "$1index.html");
}

const address = path => SITE + path.replace(/(^|\/)index\.html$/, "$1");
const isPart = path => path.endsWith(".bin");
const cache = () => caches.open(NAME);
const match = async path => (await cache()).match(SITE + path);

// {files: {path: hash}, needs: {page: [path, …]}} of this version
let known = null;
const manifest = () => known ??= told(NAME).catch(error => { known = null; throw error; });
const told = async name => parsed(await (await (await caches.open(name)).match(SITE + "offline.json")).json());
function parsed({ version, files, needs }) {
  const paths = Object.keys(files);
  const named = Object.entries(needs).map(([page, numbers]) => [page, numbers.map(number => paths[number])]);
  return { version, files, needs: Object.fromEntries(named) };
}

/** An answer with its content read, where it is what the manifest says; null where it is not. */
async function verified(path, answer) {
  const body = await answer.arrayBuffer(), digest = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  const hash = [...digest.slice(0, 8)].map(byte => byte.toString(16).padStart(2, "0")).join("");
  return answer.ok && hash === (await manifest()).files[path] ? new Response(body, answer) : null;
}

/** A file of this version: as the browser has it from the page, or as the host has it now. */
async function fetched(path) {
  for (const cache of ["default", "no-cache"]) {
    const answer = await verified(path, await fetch(address(path), { cache }));
    if (answer) return answer;
  }
  throw new Error(`${path} is of another version`);
}

/** Keep a file, and before it what it needs. `answer`: the file, verified; `old`: an earlier {name, files}. */
function keep(path, { answer, old } = {}) {
  if (!keeping.has(path)) keeping.set(path, kept(path, answer, old).finally(() => keeping.delete(path)));
  return keeping.get(path);
}
const keeping = new Map();

async function kept(path, answer, old) {
  const { files, needs } = await manifest();
  if (isPart(path)) return ranPython().then(urls => urls.length && added(path, urls));
  await Promise.all((needs[path] ?? []).map(each => keep(each, { old })));
  if (await match(path)) return;
  const same = old?.files[path] === files[path] && await (await caches.open(old.name)).match(SITE + path);
  await (await cache()).put(SITE + path, answer ?? (same || await fetched(path)));
}

// What is not of this version's network: a client whose page came from here goes on with what is here ("kept"), and one
// whose page was of another version gets nothing from here ("other").
const clientsAre = new Map();
const mark = async (id, how) => { clientsAre.set(id, how); await (await cache()).put(`${SITE}?client=${id}`, new Response(how)); };
async function marked(id) {
  if (id && !clientsAre.has(id)) clientsAre.set(id, await (await (await cache()).match(`${SITE}?client=${id}`))?.text());
  return clientsAre.get(id);
}

self.addEventListener("fetch", event => {
  const path = place(event.request.url);
  if (event.request.method !== "GET" || path === null || isPart(path)) return;
  event.respondWith(answered(event, path));
});

async function answered(event, path) {
  const { request } = event, opens = request.mode === "navigate";
  const its = await manifest().catch(() => null); // storage may be refused at any time
  if (!its) return fetch(request);
  const here = () => match(path).catch(() => null), isPage = opens || path in its.needs;
  const how = opens ? null : await marked(event.clientId).catch(() => null);
  const first = !isPage && (how === "kept" || HASH.test(path)) && await here();
  if (first) return first;
  try {
    const answer = await fetch(request);
    if (!isPage || request.mode !== "no-cors") { // or else a browser fetches the next page ahead
      event.waitUntil(noted(path, answer.clone(), its, opens && event.resultingClientId).catch(() => {}));
    }
    return answer;
  } catch (error) {
    const last = how !== "other" && await here();
    if (last && opens) event.waitUntil(mark(event.resultingClientId, "kept").catch(() => {}));
    if (last || !isPage || how === "other") return last || Response.error();
    return absent(its);
  }
}

/** Keep what came, if it is of this version; see whether a page is. */
async function noted(path, answer, its, opened) {
  if (answer.type !== "basic" || !(path in its.files)) return;
  const right = await verified(path, answer);
  if (right) await keep(path, { answer: right });
  else if (opened) await mark(opened, "other");
}

/** The page that says that a page is not here, with links to those that are. */
async function absent({ needs }) {
  const all = await Promise.all(Object.keys(needs).map(async path => [path, path !== "503.html" && await match(path)]));
  const link = async ([path, page]) => `<li><a href="${address(path)}">${/<title>([^]*?)( - [^-]*)?<\/title>/.exec(await page.text())[1]}</a></li>`;
  const links = await Promise.all(all.filter(([, page]) => page).map(link));
  const html = (await (await match("503.html")).text()).replace("<!--kept-->", () => links.join(""));
  return new Response(html, { headers: { "Content-Type": "text/html; charset=utf-8" } });
}

self.addEventListener("message", event => { // from a page: addresses of what it has loaded
  event.waitUntil(manifest().then(({ files }) => Promise.allSettled(
    event.data.map(place).filter(path => path in files && !isPart(path)).map(path => keep(path)),
  )).catch(() => {}));
});

self.addEventListener("install", event => {
  self.skipWaiting();
  event.waitUntil(installed());
});

async function installed() {
  const answer = await fetch(SITE + "offline.json", { cache: "no-cache" }), text = answer.clone();
  known = Promise.resolve(parsed(await answer.json()));
  const { version, files } = await known;
  if (version !== VERSION) throw new Error("the site is changing");
  const old = await before();
  const had = old ? (await (await caches.open(old.name)).keys()).map(({ url }) => url.slice(SITE.length)) : [];
  const wanted = had.filter(path => path in old.files).map(successor(files)).filter(Boolean);
  await Promise.all(["503.html", ...wanted].map(path => keep(path, { old })));
  await renewParts(files);
  await (await cache()).put(SITE + "offline.json", text); // the last: now it is whole
}

/** The version before: the cache that is whole. */
async function before() {
  for (const name of await caches.keys()) {
    const of = name.startsWith(OURS) && name !== NAME && await told(name).catch(() => null);
    if (of) return { ...of, name };
  }
}

/** What a file of another version is in this one: itself, or the one whose name differs by the hash alone. */
function successor(files) {
  const named = new Map(Object.keys(files).map(path => [path.replace(HASH, ""), path]));
  return path => path in files ? path : named.get(path.replace(HASH, ""));
}

/** The parts and models that are kept; where Python was not run, none. */
const ranPython = async () => (await (await caches.open(PARTS)).keys()).map(({ url }) => url).filter(url => url.startsWith(SITE + "live/"));

async function added(path, urls) {
  if (!urls.includes(SITE + path)) await (await caches.open(PARTS)).put(SITE + path, await fetched(path));
}

/** The parts of this version beside those of the last. */
async function renewParts(files) {
  const urls = await ranPython(), runtime = Object.keys(files).filter(path => /^live\/[^/]*\.bin$/.test(path));
  const wanted = urls.length ? [...urls.map(place).map(successor(files)).filter(Boolean), ...runtime] : [];
  await Promise.all([...new Set(wanted)].map(path => added(path, urls)));
}

self.addEventListener("activate", event => event.waitUntil(activated()));

async function activated() {
  const old = await before(), { files } = await manifest(), store = await caches.open(PARTS);
  if (old) { // pages that are open are of the version before, but for those that were not
    const was = await caches.open(old.name);
    await Promise.all((await self.clients.matchAll()).map(async ({ id }) => {
      if (await (await was.match(`${SITE}?client=${id}`))?.text() !== "other") await mark(id, "other");
    }));
  }
  const names = (await caches.keys()).filter(name => name.startsWith(OURS) && name !== NAME);
  await Promise.all(names.map(name => caches.delete(name)));
  await Promise.all((await ranPython()).filter(url => !(place(url) in files)).map(url => store.delete(url)));
  await self.clients.claim();
}
