// node mounted.mjs FOLDER: Python from the parts in this folder, unpacked, as the page's worker mounts them; it runs
// the code that comes in.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadPyodide } from "pyodide";
import { files } from "../../live/js/frame/unzip.js";

const folder = process.argv[2];
const python = await loadPyodide({
  indexURL: fileURLToPath(new URL(".", import.meta.resolve("pyodide"))),
  stdLibURL: `${folder}/stdlib`,
  fsInit: async (FS, { sitePackages }) => {
    for (const name of ["numpy", "sympy", "ovlearn"]) {
      for (const [place, content] of files(new Uint8Array(readFileSync(`${folder}/${name}`)))) {
        const path = `${sitePackages}/${place}`;
        FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
        FS.writeFile(path, content);
      }
    }
  },
});
try {
  python.runPython(readFileSync(0, "utf8"));
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
process.exit(0);
