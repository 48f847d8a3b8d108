// A reader's code decides what its outputs are. They come into the page as text, tables, pictures and formulas, and as
// nothing that acts, loads or leads elsewhere.
import DOMPurify from "dompurify";

const HTML = "a b br button caption code dd details div dl dt em fieldset figcaption figure form h3 h4 h5 hr i input kbd label legend li "
  + "mark ol output p pre s small span strong sub summary sup table tbody td tfoot th thead tr ul";
const SVG = "svg circle clippath defs desc ellipse g line lineargradient marker path pattern polygon polyline radialgradient rect stop "
  + "symbol text textpath title tspan use";
const MATH = "math annotation maction menclose mfrac mi mmultiscripts mn mo mover mpadded mphantom mroot mrow ms mspace msqrt mstyle "
  + "msub msubsup msup mtable mtd mtext mtr munder munderover semantics";

// A size, a colour, a share, one of the theme's variables: no function but var(), calc() and the colours, so no url().
const PLAIN = /^(?:[-\w\s.,:;%#+*/!]|\b(?:var|calc|rgb|rgba|hsl|hsla|translate|scale|rotate|min|max)\(|\))*$/i;

const purifier = DOMPurify(window);

purifier.addHook("uponSanitizeAttribute", (element, attribute) => {
  const name = attribute.attrName, value = attribute.attrValue;
  if (name === "href" || name === "xlink:href") attribute.keepAttr &&= within(element, value);
  else if (name === "style") attribute.keepAttr &&= PLAIN.test(value);
  else if (/url\s*\(/i.test(value)) attribute.keepAttr &&= /^\s*url\(\s*["']?#[\w-]+["']?\s*\)\s*$/.test(value);
});

// A button of a form would lead to a page; here it only answers the script of its picture.
purifier.addHook("afterSanitizeAttributes", element => {
  if (element.localName === "button") element.setAttribute("type", "button");
});

/** A place of this picture or page; a link may also lead to another page of this site. */
function within(element, value) {
  if (/^#[\w:.-]*$/.test(value)) return true;
  return element.localName === "a" && /^[\w.~-]*(?:\/[\w.~-]+)*\/?(?:#[\w:.-]*)?$/.test(value);
}

/** @returns {DocumentFragment} what may be shown of some HTML */
export function clean(html) {
  return purifier.sanitize(html, {
    ALLOWED_TAGS: `${HTML} ${SVG} ${MATH} #text`.split(" "),
    FORBID_ATTR: ["action", "formaction", "background", "ping", "srcset", "src", "poster", "target"],
    ADD_ATTR: ["encoding", "data-symbol", "tabindex", "aria-hidden"],
    ALLOW_DATA_ATTR: true,
    ALLOW_ARIA_ATTR: true,
    RETURN_DOM_FRAGMENT: true,
  });
}
