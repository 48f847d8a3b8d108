r"""Mark the glossary's symbols in equations, so that the page can say what each one is.

For the renderer:

1. `annotate(tex)` before KaTeX, for inline and displayed formulas, once labels and references are dealt with.
   KaTeX needs `trust: context => context.command === "\\htmlData"`, and where `strict` is a function, it must
   pass over the code `htmlExtension` (`strict: true` or `"error"` would refuse it).
2. `finish(html, tex)` on what KaTeX returns, with the source as it was: the copy of the TeX inside the MathML
   becomes the plain one again, and each symbol gets a `title`, for readers without JavaScript.
3. `glossary_json()` once a page, inside `<script type="application/json" id="ov-glossary">` in the head (the
   block `extrahead`): Material's instant navigation runs every script within the content as JavaScript.
   Then `theme/symbols.js`, and `theme/pictures.css` for its looks.

A marked symbol is typeset exactly as before: a test compares. It becomes, in KaTeX's HTML,
`<span class="enclosing" data-symbol="W_OV" data-index="1.0">`. `data-index` holds layer and head; a path has
several, `0.0→1.0`. `data-turned` stands on a transpose, and on a symbol with a bar, which is one too;
`data-part` on one with a prime, Y' or Δ'.
"""

from rendering.symbols.marking import annotate
from rendering.symbols.notes import finish, glossary_json, symbols_of

__all__ = ["annotate", "finish", "glossary_json", "symbols_of"]
