// CodeMirror with Python, in the colours of the page's own code.
import { defaultKeymap, history, historyKeymap, indentLess, indentMore } from "@codemirror/commands";
import { HighlightStyle, LanguageSupport, bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { pythonLanguage } from "@codemirror/lang-python";
import { EditorState, Prec } from "@codemirror/state";
import { EditorView, drawSelection, keymap } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const colour = name => `var(--md-code-hl-${name}-color)`;

const colours = HighlightStyle.define([
  { tag: tags.comment, color: colour("comment") },
  { tag: [tags.keyword, tags.operatorKeyword, tags.definitionKeyword], color: colour("keyword") },
  { tag: [tags.bool, tags.null], color: colour("constant") },
  { tag: tags.number, color: colour("number") },
  { tag: [tags.string, tags.special(tags.string)], color: colour("string") },
  { tag: [tags.function(tags.definition(tags.variableName)), tags.definition(tags.className)], color: colour("function") },
  { tag: [tags.operator, tags.derefOperator], color: colour("operator") },
]);

const look = EditorView.theme({
  "&": { backgroundColor: "var(--md-code-bg-color)", color: "var(--md-code-fg-color)", fontSize: "0.85em", borderRadius: "0.1rem" },
  "&.cm-focused": { outline: "2px solid var(--md-accent-fg-color)" },
  ".cm-scroller": { fontFamily: "var(--md-code-font-family)", lineHeight: "1.4" },
  ".cm-content": { padding: "0.7720588235em 0", caretColor: "var(--md-code-fg-color)" },
  ".cm-line": { padding: "0 1.1764705882em" },
  ".cm-cursor": { borderLeftColor: "var(--md-code-fg-color)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground":
    { backgroundColor: "var(--md-accent-fg-color--transparent)" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--md-accent-fg-color--transparent)" },
});

/** Indent the lines of the selection, as Tab does: for those who have no such key. */
export const indent = indentMore;

/**
 * An editor. `name`: what it holds, for those who do not see it; `changed(code)`: called at every change; `run()`: called by
 * Shift, Control or Command with Enter.
 */
export function editor({ code, name, changed, run }) {
  const does = action => () => { action(); return true; };
  const running = ["Shift-Enter", "Mod-Enter", "Ctrl-Enter"].map(key => ({ key, run: does(run), preventDefault: true }));
  return new EditorView({
    state: EditorState.create({
      doc: code,
      extensions: [
        Prec.highest(keymap.of(running)),
        history(), drawSelection(), indentUnit.of("    "), indentOnInput(), bracketMatching(),
        new LanguageSupport(pythonLanguage), syntaxHighlighting(colours), look,
        // Tab indents; Escape and then Tab leaves, as CodeMirror has it
        keymap.of([{ key: "Tab", run: indentMore, shift: indentLess }, ...defaultKeymap, ...historyKeymap]),
        EditorView.contentAttributes.of({
          "aria-label": `${name}, Python. Tab indents; Escape, then Tab leaves. Shift and Enter runs it.`,
          tabindex: "0", autocapitalize: "off", autocorrect: "off", spellcheck: "false",
        }),
        EditorView.updateListener.of(update => { if (update.docChanged) changed(update.state.doc.toString()); }),
      ],
    }),
  });
}
