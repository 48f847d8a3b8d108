// KaTeX, asked for one equation; while building it runs in QuickJS, in the page in the worker where Python is.
//
// source: TeX whose symbols and changes are in \htmlData; shown: the TeX to copy; symbols: the title and the thing of each,
// by name, as JSON.
// What KaTeX would only warn of, or write in red, is an error here, but for the marks. Errors are noted, not thrown,
// since KaTeX swallows some. The outcome comes back as data, never as an exception.
function typeset(source, displayMode, shown, symbols) {
  const warnings = [];
  const strict = (code, message) => {
    if (code !== "htmlExtension") warnings.push(code + ": " + message);
    return "ignore";
  };
  const trust = ({ command }) => {
    if (command !== "\\htmlData") warnings.push("not allowed: " + command);
    return true;
  };
  const options = { displayMode, strict, trust, throwOnError: true, output: "htmlAndMathml" };
  try {
    const tree = katex.__renderToDomTree(source, options);
    tell(tree, shown, JSON.parse(symbols));
    return JSON.stringify(warnings.length ? { error: warnings[0] } : { html: tree.toMarkup() });
  } catch (error) {
    return JSON.stringify({ error: error.message });
  }
}

/** Give the symbols below a node their titles and things, and the MathML the TeX to copy. */
function tell(node, shown, symbols) {
  const symbol = node.attributes?.["data-symbol"];
  if (symbol) {
    const [title, thing] = symbols[symbol];
    Object.assign(node.attributes, { title }, thing && { "data-thing": thing });
  }
  if (node.type === "annotation") node.children[0].text = shown;
  else for (const child of node.children ?? []) tell(child, shown, symbols);
}
