// The parts of the runtime: fetched once, held against the lock, and kept for the next visit.
import lock from "ovlearn-lock";
import { Problem } from "./problem.js";

const STORE = "ovlearn-live";

/** The names of the models that the site has, as `zoo.load` knows them. */
export const models = Object.keys(lock.models);

/** @returns {Promise<Object<string, ArrayBuffer>>} every part that Python needs, by name. `told(bytes, of)`: progress. */
export const runtime = told => fetched(lock.parts, told);

/** @returns {Promise<Object<string, ArrayBuffer>>} the files of these models, by name. */
export const modelFiles = (names, told) => fetched(Object.fromEntries(names.map(name => [name, lock.models[name]])), told);

async function fetched(entries, told) {
  if (!globalThis.crypto?.subtle) {
    throw new Problem("This browser verifies files on secure pages alone: read this one over https, or at localhost.");
  }
  const all = Object.entries(entries), of = all.reduce((sum, [, { bytes }]) => sum + bytes, 0);
  let got = 0, failed = false; // what went wrong must stay to be read, though other parts go on loading
  const count = bytes => { got += bytes; if (!failed) told?.(got, of); };
  const buffers = await Promise.all(all.map(([, entry]) => verified(entry, count))).catch(error => { failed = true; throw error; });
  return Object.fromEntries(all.map(([name], at) => [name, buffers[at]]));
}

async function verified(entry, count) {
  const store = await opened(), address = new URL(entry.file, import.meta.url).href;
  const kept = store && await store.match(address).catch(() => null);
  if (kept) {
    const buffer = await kept.arrayBuffer();
    if (await isRight(buffer, entry)) { count(entry.bytes); return buffer; }
    await store.delete(address).catch(() => {});
  }
  const buffer = await downloaded(address, entry, count);
  if (!await isRight(buffer, entry)) {
    throw new Problem(`${entry.file} is not what the site's lock says: it was damaged or changed on the way. Try again.`);
  }
  // a full or forbidden store costs the next visit a download, and nothing else
  store?.put(address, new Response(buffer.slice(0))).catch(() => {});
  return buffer;
}

async function downloaded(address, { file, bytes }, count) {
  let begun = 0;
  try {
    const answer = await fetch(address, { cache: "no-cache" });
    if (!answer.ok) throw new Problem(`${file} could not be had: the server said ${answer.status}. Try again.`);
    const chunks = [], reader = answer.body.getReader();
    for (let part; !(part = await reader.read()).done;) {
      chunks.push(part.value);
      begun += part.value.length;
      count(part.value.length);
    }
    return await new Blob(chunks).arrayBuffer();
  } catch (error) {
    count(-begun);
    if (error instanceof Problem) throw error;
    throw new Problem(`The connection failed at ${file} (${megabytes(begun)} of ${megabytes(bytes)} MB). Try again.`);
  }
}

async function isRight(buffer, { sha256, bytes }) {
  if (buffer.byteLength !== bytes) return false;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", buffer));
  return [...digest].map(byte => byte.toString(16).padStart(2, "0")).join("") === sha256;
}

const opened = () => globalThis.caches ? caches.open(STORE).catch(() => null) : null;

export const megabytes = bytes => (bytes / 1e6).toFixed(1);
