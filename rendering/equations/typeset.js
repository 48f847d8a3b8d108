// KaTeX, asked for one equation; while building it runs in QuickJS, in the page in the worker where Python is.
//
// source: TeX whose symbols are in \htmlData; shown: the TeX to copy; titles: what to say of symbols, by name, as JSON.
// What KaTeX would only warn of, or write in red, is an error here, but for the marks. Errors are noted, not thrown,
// since KaTeX swallows some. The outcome comes back as data, never as an exception.
function typeset(source, displayMode, shown, titles) {
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
    tell(tree, shown, JSON.parse(titles));
    return JSON.stringify(warnings.length ? { error: warnings[0] } : { html: tree.toMarkup() });
  } catch (error) {
    return JSON.stringify({ error: error.message });
  }
}

/** Give the symbols below a node their titles, and the MathML the TeX to copy. */
function tell(node, shown, titles) {
  const symbol = node.attributes?.["data-symbol"];
  if (symbol) node.attributes.title = titles[symbol];
  if (node.type === "annotation") node.children[0].text = shown;
  else for (const child of node.children ?? []) tell(child, shown, titles);
}
