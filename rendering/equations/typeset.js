// KaTeX, asked for one equation; while building it runs in QuickJS, in the page in the worker where Python is.
//
// What KaTeX would only warn of, or write in red, is an error here, but for the marks. Errors are noted, not thrown,
// since KaTeX swallows some. The outcome comes back as data, never as an exception.
function typeset(source, displayMode) {
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
    const html = [katex.renderToString(source, options)].join("");
    return JSON.stringify(warnings.length ? { error: warnings[0] } : { html });
  } catch (error) {
    return JSON.stringify({ error: error.message });
  }
}
