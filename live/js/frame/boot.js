// Python, from parts that came as bytes. Pyodide's loader would fetch them; here nothing is fetched.
import { version } from "pyodide/package.json";
import { files } from "./unzip.js";

const SCRIPTS = ["pyodide.js", "pyodide.asm.js", "katex.js"];
const ARCHIVES = ["numpy", "sympy", "ovlearn"];
const NOWHERE = "https://parts.invalid/"; // what the loader puts before the names of its files
const LOCK = { info: { version }, packages: {} }; // it needs to load no package: ours are there before it begins

/**
 * Start Python.
 * @param {Object<string, ArrayBuffer>} parts gzipped
 * @param {?WebAssembly.Module} compiled Python as an earlier worker compiled it
 * @param {{keep(module), send(text)}} out `keep` takes what was compiled, `send` what the session sends
 */
export async function interpreter(parts, compiled, { keep, send }) {
  const [module, archives] = await Promise.all([
    compiled ?? WebAssembly.compileStreaming(opened(parts, "pyodide.asm.wasm", "application/wasm")),
    Promise.all(ARCHIVES.map(async name => new Uint8Array(await opened(parts, name).arrayBuffer()))),
    Promise.all(SCRIPTS.map(async name => run(await opened(parts, name, "text/javascript").blob()))),
  ]);
  if (!compiled) keep(module);
  const { FS, pyimport } = await loaded(module, opened(parts, "stdlib"), archives);
  return handle(FS, pyimport("ovlearn_live.bridge").Bridge(send, self.typeset));
}

/** What the worker needs of a session. It stands alone, so that it does not keep the parts alive. */
function handle(FS, session) {
  return {
    hear: session.hear,
    prepare: session.prepare,
    write(models) {
      for (const [name, content] of Object.entries(models)) {
        write(FS, `${session.models}/${name}.npz`, new Uint8Array(content));
      }
    },
  };
}

/** A part as it was before it was gzipped. */
function opened(parts, name, type = "application/octet-stream") {
  if (!parts[name]) throw new Error(`its part ${name} is missing`);
  const content = new Blob([parts[name]]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(content, { headers: { "Content-Type": type } });
}

/** Run a script at the top level. */
function run(blob) {
  const address = URL.createObjectURL(blob);
  importScripts(address);
  URL.revokeObjectURL(address);
}

/** Let Pyodide's loader have what it asks for, and nothing else, while it loads. */
async function loaded(module, stdlib, archives) {
  const { fetch } = self, { instantiateStreaming } = WebAssembly;
  const answers = {
    "pyodide-lock.json": () => new Response(JSON.stringify(LOCK)),
    "python_stdlib.zip": () => stdlib,
    "pyodide.asm.wasm": () => null, // it is compiled
  };
  self.fetch = async address => answers[String(address).slice(NOWHERE.length)]();
  WebAssembly.instantiateStreaming = async (_, imports) => (
    { module, instance: await WebAssembly.instantiate(module, imports) }
  );
  try {
    return await self.loadPyodide({
      indexURL: NOWHERE,
      env: { PYTHONHASHSEED: "0" }, // sets have one order, as in the build
      fsInit: async (FS, { sitePackages }) => archives.forEach(archive => unpack(FS, sitePackages, archive)),
      stdin: () => null, // the session says that there is no keyboard, and hears what is printed
      stdout: () => {},
      stderr: () => {},
    });
  } finally {
    self.fetch = fetch;
    WebAssembly.instantiateStreaming = instantiateStreaming;
  }
}

function unpack(FS, folder, archive) {
  for (const [name, content] of files(archive)) write(FS, `${folder}/${name}`, content);
}

function write(FS, path, content) {
  FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
  FS.writeFile(path, content, { canOwn: true });
}
