// node bytecode.mjs PYODIDE IN OUT with|without: compile the modules of an archive, with or without their docstrings.
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [pyodide, sources, made, docstrings] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${pyodide}/pyodide.mjs`));
const python = await loadPyodide({
  env: {
    PYTHONHASHSEED: "0", // sets are written in one order
    PYTHONNODEBUGRANGES: "1", // no columns of what has no source to show: a third of the size
  },
});
python.FS.writeFile("/in.zip", readFileSync(sources));
python.runPython(readFileSync(new URL("bytecode.py", import.meta.url), "utf8"));
try {
  python.globals.get("compile_all")(docstrings === "with");
} catch (error) {
  console.error(error.message); // and not the whole of Pyodide's own script, where it was thrown
  process.exit(1);
}
writeFileSync(made, python.FS.readFile("/out.zip"));
process.exit(0);
