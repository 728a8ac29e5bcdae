"""What every page must stand in a browser: axe finds nothing, nothing scrolls sideways, nothing is complained of."""

from functools import cache

from axe_playwright_python.sync_playwright import Axe

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# Only what is wrong comes back: the page in all its nodes takes longer to send than to look at.
RUN = """async tags => {
  const found = await axe.run({runOnly: tags, reporter: "no-passes", selectors: false});
  return found.violations.map(each => [each.id, each.nodes[0].html]);
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
