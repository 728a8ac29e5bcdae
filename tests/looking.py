"""What every page must stand: axe finds nothing, nothing scrolls sideways, no word is broken, no complaint."""

from contextlib import contextmanager
from functools import cache

from axe_playwright_python.sync_playwright import Axe

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# Only what is wrong comes back: the page in all its nodes takes longer to send than to look at.
RUN = """async tags => {
  const found = await axe.run({runOnly: tags, reporter: "no-passes", selectors: false});
  return found.violations.map(each => [each.id, each.nodes[0].html]);
}"""
# The words of the elements, each with the number of lines it stands on; a hyphen is a place to break.
BROKEN = """elements => elements.flatMap(element => {
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT), range = document.createRange(), found = [];
  while (texts.nextNode()) {
    for (const { 0: word, index } of texts.currentNode.data.matchAll(/[^\\s\\-–]+/g)) {
      range.setStart(texts.currentNode, index);
      range.setEnd(texts.currentNode, index + word.length);
      const lines = new Set([...range.getClientRects()].map(line => Math.round(line.top)));
      if (lines.size > 1) found.push(word);
    }
  }
  return found;
})"""
LARGER = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("html { font-size: 200% !important; }");
  document.adoptedStyleSheets = [sheet];
}"""

# htmx says so of a question that was on its way when the page was left.
CUT_OFF = ("htmx:afterRequest", "htmx:sendAbort")


def complaints_of(page):
    """What is said on the console of this page from now on."""
    found = []
    page.on("console", lambda message: message.text.startswith(CUT_OFF) or found.append(message.text))
    return found


@cache
def script():
    return Axe().axe_script


def violations(page):
    """(rule, the first place) of each rule of WCAG 2.2 AA that the page breaks as it is now."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(script())
    return [tuple(each) for each in page.evaluate(RUN, TAGS)]


def wider_than_the_window(page):
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def broken_words(page, selector):
    """The words in those elements that are broken in their middle."""
    return page.locator(selector).evaluate_all(BROKEN)


@contextmanager
def words_of_twice_the_size(page):
    """To 200 %, as who sees badly does in her browser."""
    page.evaluate(LARGER)
    yield
    page.evaluate("document.adoptedStyleSheets = []")
