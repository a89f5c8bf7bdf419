"""The tape's page in a browser. usage: page_test.py SAMPLE_PAGES CHROMIUM CHROMEDRIVER"""

import json
import math
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

SAMPLE_PAGES, CHROMIUM, CHROMEDRIVER = sys.argv[1:4]


def luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.folder = pathlib.Path(cls.scratch.name) / "pages"
        cls.folder.mkdir()
        subprocess.run([SAMPLE_PAGES, str(cls.folder)], check=True)
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
                         "--no-first-run", "--disable-component-update", "--disable-sync",
                         f"--user-data-dir={cls.scratch.name}/profile"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        cls.browser = webdriver.Chrome(service=Service(CHROMEDRIVER), options=options)
        cls.addClassCleanup(cls.browser.quit)

    def setUp(self):
        self.size(1400, 1000)
        self.media()

    def tearDown(self):
        self.assertEqual(self.browser.get_log("browser"), [])  # errors, and requests that the page must not make

    def size(self, width, height):
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                     {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    def media(self, **features):
        listed = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": listed})

    def open(self, name, fragment=""):
        self.browser.get("about:blank")  # so that a fragment alone loads the page anew as well
        self.browser.get(f"file://{self.folder}/{name}.html{fragment}")
        self.wait(lambda: self.text("summary") != "")

    def smallest_adjoint(self, name):
        """The least norm of a gradient, as the page's data has it."""
        page = (self.folder / f"{name}.html").read_text()
        data = json.loads(re.search(r'id="tape-data">(.*?)</script>', page, re.DOTALL)[1])
        norms = (record.get("adjoint", {}).get("norm", 0) for record in data["records"])
        return min(norm for norm in norms if norm > 0)

    def wait(self, condition):
        WebDriverWait(self.browser, 60).until(lambda _: condition())

    def find(self, name):
        return self.browser.find_element("id", name)

    def all(self, selector):
        return self.browser.find_elements("css selector", selector)

    def text(self, name):
        return self.find(name).text

    def click(self, name):
        self.find(name).click()

    def keys(self, *keys):
        ActionChains(self.browser).send_keys(*keys).perform()

    def expect(self, name, text):
        self.wait(lambda: text in self.text(name))

    def type_query(self, text):
        self.find("query").clear()
        self.find("query").send_keys(text)

    def position(self):
        return int(self.find("position").get_attribute("value"))

    def drawn(self, canvas):
        """How many colours a canvas shows."""
        return self.browser.execute_script(
            "const c = document.getElementById(arguments[0]), copy = new OffscreenCanvas(c.width, c.height);"
            "const context = copy.getContext('2d', { willReadFrequently: true });"  # reads of the page's own would be warned of
            "context.drawImage(c, 0, 0); const d = context.getImageData(0, 0, c.width, c.height).data;"
            "const seen = new Set(); for (let i = 0; i < d.length; i += 4) seen.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]);"
            "return seen.size", canvas)

    def row(self, number):
        return self.find(f"list-row-{number}")

    def test_a_row_shows_details_and_links_lead_on(self):
        self.open("bare")
        self.row(4).click()
        self.assertEqual(self.text("details-title"), "#4 linear")
        details = self.text("details-body")
        for part in ("[2, 12, 16] of float", "blocks.0.attention.query", "sample_pages.cpp:", "norm", "Memory",
                     "call(*this, head"):
            self.assertIn(part, details)
        self.assertEqual(len(self.all("#details svg.map")), 2)
        self.assertEqual(self.row(4).get_attribute("aria-selected"), "true")
        self.all("#details .links a")[1].click()
        self.expect("details-title", "#2 parameter")
        self.assertIn("blocks.0.attention.query.weight", self.text("details-body"))
        self.all("#details .links a")[0].click()
        self.expect("details-title", "#4 linear")
        self.browser.back()
        self.expect("details-title", "#2 parameter")

    def test_a_link_to_where_the_address_points_still_leads_there(self):
        self.open("bare", "#r2")
        self.row(4).click()
        self.expect("details-title", "#4 linear")
        self.all("#details .links a")[1].click()
        self.expect("details-title", "#2 parameter")

    def test_an_address_can_name_a_record(self):
        self.open("bare", "#r40")
        self.assertEqual(self.text("details-title"), "#40 parameter")
        self.wait(lambda: self.row(40).is_displayed())

    def test_search_counts_and_goes_round(self):
        self.open("bare")
        self.type_query("gelu")
        self.expect("found", "1 of 4")
        first = self.text("details-title")
        self.keys(Keys.ENTER)
        self.expect("found", "2 of 4")
        self.assertNotEqual(self.text("details-title"), first)
        ActionChains(self.browser).key_down(Keys.SHIFT).send_keys(Keys.ENTER).key_up(Keys.SHIFT).perform()
        self.expect("found", "1 of 4")
        self.click("previous-match")
        self.expect("found", "4 of 4")
        self.click("next-match")
        self.expect("found", "1 of 4")
        for query, count in (("#17", "1 of 1"), ("blocks.3", "of 20"), ("BLOCKS.3 linear", "of 6"),
                             ("sample_pages.cpp:", "of 86"), ("query.weight", "of 4"), ("#9999", "none"),
                             ("no such thing", "none")):
            self.type_query(query)
            self.expect("found", count)
        self.assertFalse(self.find("next-match").is_enabled())
        self.keys(Keys.ESCAPE)
        self.assertEqual(self.find("query").get_attribute("value"), "")

    def test_the_walk_goes_from_the_loss_to_the_first_record(self):
        self.open("bare")
        held = lambda: float(re.search(r"([\d.]+) KiB saved", self.text("walk-state")).group(1))
        self.click("restart")
        self.assertEqual(self.position(), 85)
        self.expect("walk-state", "#85 cross_entropy")
        self.assertEqual(self.text("details-title"), "#85 cross_entropy")
        at_loss = held()
        self.assertIn("current", self.row(85).get_attribute("class"))
        self.assertIn("awaited", self.row(80).get_attribute("class"))
        self.row(80).click()
        self.assertIn("not arrived yet", self.text("details-body"))
        self.click("step")
        self.expect("walk-state", "#84 linear")
        self.wait(lambda: "awaited" in self.row(81).get_attribute("class"))
        self.assertEqual(self.row(81).find_element("css selector", ".norm").text, "")
        self.click("step")
        self.wait(lambda: self.row(81).find_element("css selector", ".norm").text == "…")  # 84 has added to it
        self.row(81).click()
        self.assertEqual(len(self.all("#details .links .swatch.awaited")), 3)  # its inputs
        self.assertEqual(len(self.all("#details .links .swatch.there")), 1)  # its user
        self.assertIn("gradient still adding up", self.find("live").get_attribute("textContent"))
        self.click("step-back")
        self.expect("walk-state", "#84 linear")
        self.browser.execute_script("const s = arguments[0]; s.value = 40; s.dispatchEvent(new Event('input'))",
                                    self.find("position"))
        self.expect("walk-state", "#40")
        self.assertLess(held(), at_loss)
        self.assertIn("record 40", self.find("position").get_attribute("aria-valuetext"))
        self.click("finish")
        self.assertEqual(self.position(), -1)
        self.expect("walk-state", "The walk is over")

    def test_memory_is_freed_as_the_walk_passes(self):
        # x, sqrt(x) and the constant factor are saved, 32 bytes each; the last by the product alone.
        self.open("non_finite")
        self.click("restart")
        for state in ("#3 sum · still held: 96 B saved, 8 B of adjoints", "#2 multiply · still held: 96 B saved, 32 B of adjoints",
                      "#1 sqrt · still held: 64 B saved, 32 B of adjoints", "#0 watch · still held: 32 B saved, 32 B of adjoints"):
            self.expect("walk-state", state)
            self.click("step")
        self.assertEqual(self.text("held-most"), "128 B")

    def test_play_runs_to_the_end_and_can_be_paused(self):
        self.open("non_finite")
        self.click("play")
        self.expect("play", "Pause")
        self.click("play")
        self.expect("play", "Play")
        self.assertGreaterEqual(self.position(), 0)
        self.click("play")
        self.wait(lambda: self.position() == -1 and "Play" in self.text("play"))
        self.media(prefers_reduced_motion="reduce")
        self.click("play")
        self.wait(lambda: self.position() < 3)
        self.keys(Keys.ESCAPE)
        self.expect("play", "Play")

    def test_keys_do_everything(self):
        self.open("bare")
        active = lambda: self.browser.switch_to.active_element
        self.keys("/")
        self.assertEqual(active().get_attribute("id"), "query")
        self.assertNotEqual(active().value_of_css_property("outline-style"), "none")
        self.keys("softmax", Keys.ESCAPE)
        self.assertEqual(active().get_attribute("value"), "")
        self.keys(Keys.ESCAPE)
        self.assertEqual(active().tag_name, "body")
        self.keys(Keys.ESCAPE)
        self.assertEqual(self.text("details-title"), "No record selected")
        self.keys(Keys.ARROW_DOWN)
        self.assertEqual(self.text("details-title"), "#0 parameter")
        self.keys(Keys.ARROW_LEFT)
        self.assertEqual(self.position(), 85)
        self.keys(Keys.ARROW_LEFT)
        self.assertEqual(self.position(), 84)
        self.keys(Keys.ARROW_RIGHT)
        self.assertEqual(self.position(), 85)
        self.keys(" ")
        self.expect("play", "Pause")
        self.keys(" ")
        self.expect("play", "Play")
        self.browser.execute_script("arguments[0].focus()", self.find("list"))
        self.keys(Keys.HOME)
        self.assertEqual(self.text("details-title"), "#0 parameter")
        self.keys(Keys.ARROW_DOWN)
        self.assertEqual(self.text("details-title"), "#1 embedding")
        self.keys(Keys.END)
        self.assertEqual(self.text("details-title"), "#85 cross_entropy")
        self.assertEqual(self.find("list").get_attribute("aria-activedescendant"), "list-row-85")
        self.assertIn("Record 85, cross_entropy", self.find("live").get_attribute("textContent"))
        self.keys(Keys.ENTER)
        self.assertEqual(active().get_attribute("id"), "details-title")
        self.keys(Keys.ESCAPE)
        self.assertEqual(self.text("details-title"), "No record selected")

    def test_what_can_be_used_has_a_name(self):
        self.open("bare", "#r4")
        for element in self.all("button, input:not([hidden]), a, canvas, [role=listbox], [role=tabpanel], svg"):
            if element.is_displayed():
                self.assertNotEqual(element.accessible_name.strip(), "", element.get_attribute("outerHTML")[:200])

    def test_the_charts_are_drawn_and_can_be_clicked(self):
        self.open("bare")
        self.wait(lambda: self.drawn("norms") > 20 and self.drawn("held") > 2)
        chart = self.find("norms")
        ActionChains(self.browser).move_to_element_with_offset(chart, chart.size["width"] // 2 - 16, 0).click().perform()
        self.expect("details-title", "#85 cross_entropy")
        low = math.floor(math.log10(self.smallest_adjoint("bare")))
        self.assertIn(low, (-15, -14, -13))  # so small that a compiler's rounding shows
        self.assertIn({-15: "10⁻¹⁵", -14: "10⁻¹⁴", -13: "10⁻¹³"}[low], self.text("legend"))
        scopes = self.text("scope-table")
        self.assertIn("blocks.3.attention.query", scopes)
        self.assertIn("KiB", scopes)

    def test_the_graph_opens_scopes_and_selects(self):
        self.open("non_finite")
        self.click("tab-graph")
        self.wait(lambda: self.drawn("graph") > 20)
        self.assertFalse(self.find("list").is_displayed())
        graph = self.find("graph")
        ActionChains(self.browser).move_to_element_with_offset(graph, 0, -29).click().perform()
        self.expect("details-title", "#1 sqrt")
        self.browser.execute_script("arguments[0].focus()", graph)
        self.keys(Keys.ARROW_UP)
        self.expect("details-title", "#0 watch")
        self.keys(Keys.ARROW_DOWN, Keys.ARROW_DOWN)
        self.expect("details-title", "#2 multiply")

        self.open("bare", "#r4")
        self.click("tab-graph")
        self.click("collapse")
        self.wait(lambda: self.drawn("graph") > 5)
        picture = lambda: self.browser.execute_script("return document.getElementById('graph').toDataURL()")
        def open_or_close():
            self.browser.execute_script("arguments[0].focus()", self.find("graph"))
            self.keys(Keys.ENTER)

        def drag():
            ActionChains(self.browser).drag_and_drop_by_offset(self.find("graph"), 60, 30).perform()

        for change in (lambda: self.click("expand"), lambda: self.click("zoom-in"), lambda: self.click("fit"),
                       open_or_close, drag):
            before = picture()
            change()
            self.wait(lambda: picture() != before)

    def compare(self, path):
        self.find("compare-file").send_keys(str(path))

    def test_two_tapes_are_compared(self):
        self.open("bare")
        self.compare(self.folder / "residual.html")
        self.expect("diff-summary", "This tape, 86 records, beside residual.html, 118 records")
        self.assertIn("69 the same, 17 changed, 32 added, 0 removed", self.text("diff-summary"))
        self.wait(lambda: len(self.all("#diff .row.added")) > 0)
        self.assertRegex(self.find("diff-row-0").text, r"in both\s+0\s+0\s+parameter\s+embedding.table \[20, 16\]\s+\S+\s+\S+\s+× \d+")
        self.find("diff-row-0").click()
        self.expect("details-title", "#0 parameter")
        self.expect("details-body", "In residual.html: #0")
        self.assertIn("residual.html", self.text("legend"))
        other = next(row for row in self.all("#diff .row.added"))  # only in the other tape
        other.click()
        number, operation = re.search(r"(\d+)\s+(\w+)", other.text.split("tape")[-1]).groups()
        self.expect("details-title", f"#{number} {operation}")
        self.assertIn("Only in residual.html", self.text("details-body"))
        self.assertEqual(self.all("#details a"), [])  # they would lead to records of this tape
        self.assertEqual(other.get_attribute("aria-selected"), "true")
        self.keys("/", "#1", Keys.ENTER)
        self.expect("details-title", "#1 embedding")
        self.assertEqual([row.get_attribute("id") for row in self.all("#diff .row[aria-selected=true]")], ["diff-row-1"])
        other.click()
        self.click("diff-close")
        self.expect("details-title", "No record selected")
        self.assertFalse(self.find("tab-diff").is_displayed())
        self.assertTrue(self.find("list").is_displayed())

        self.open("residual")
        self.compare(self.folder / "bare.html")
        self.expect("diff-summary", "69 the same, 17 changed, 0 added, 32 removed")

    def test_a_tape_is_the_same_as_itself(self):
        self.open("bare")
        self.compare(self.folder / "bare.html")
        self.expect("diff-summary", "86 the same, 0 changed, 0 added, 0 removed; 0 gradient norms differ")
        self.click("diff-only")
        self.wait(lambda: not self.all("#diff .sheet .row"))

    def test_a_foreign_or_broken_file_is_refused(self):
        self.open("bare")
        whole = (self.folder / "residual.html").read_text()
        start = whole.index("tape-data") + 11
        broken = {"foreign": "<p>Hello</p>", "empty": "", "cut": whole[: start + 5000],
                  "other": '<script type="application/json" id="tape-data">{"format": "x"}</script>',
                  "pointing": whole.replace('"inputs":[0]', '"inputs":[77]')}
        words = {"foreign": "is no page of a tape", "empty": "is no page of a tape", "cut": "broken or not whole",
                 "other": "not that of a tape", "pointing": "points to what is not there"}
        for name, text in broken.items():
            path = self.folder / f"{name}.txt"
            path.write_text(text)
            self.compare(path)
            self.expect("error", f"{name}.txt")
            self.assertIn(words[name], self.text("error"))
        self.assertFalse(self.find("tab-diff").is_displayed())
        self.compare(self.folder / "residual.html")
        self.expect("diff-summary", "residual.html")
        self.assertFalse(self.find("error").is_displayed())

    def test_light_and_dark_can_both_be_read(self):
        grounds = []
        for scheme in ("light", "dark"):
            self.media(prefers_color_scheme=scheme)
            self.open("bare")
            colour = lambda name: self.browser.execute_script(
                "return getComputedStyle(document.documentElement).getPropertyValue(arguments[0]).trim()", f"--{name}")
            grounds.append(luminance(colour("ground")))
            for ground in ("ground", "raised", "select", "match"):
                for ink in ("ink", "quiet"):
                    self.assertGreater(contrast(colour(ink), colour(ground)), 4.5, f"{ink} on {ground}, {scheme}")
            for ink in ("accent", "current", "bad", "positive", "negative"):
                self.assertGreater(contrast(colour(ink), colour("ground")), 4.5, f"{ink}, {scheme}")
        self.assertGreater(grounds[0], 0.8)
        self.assertLess(grounds[1], 0.05)

    def test_a_change_to_dark_draws_anew(self):
        self.open("bare")
        picture = lambda: self.browser.execute_script("return document.getElementById('norms').toDataURL()")
        self.wait(lambda: self.drawn("norms") > 20)
        before = picture()
        self.media(prefers_color_scheme="dark")
        self.wait(lambda: picture() != before)

    def test_it_fits_narrow_and_wide_windows(self):
        for width, height in ((320, 700), (400, 860), (899, 700), (900, 760), (1600, 1000)):
            self.size(width, height)
            for name in ("bare", "freed"):
                self.open(name, "#r12")
                wide = self.browser.execute_script(
                    "const root = document.documentElement; return root.scrollWidth - root.clientWidth")
                self.assertLessEqual(wide, 0, f"{name} at {width}")
                for tab in ("list", "graph"):
                    self.click(f"tab-{tab}")
                    self.assertGreater(self.find(tab).size["height"], 150, f"{tab} at {width} by {height}")

    def test_nothing_is_cut_or_covered_on_a_laptop(self):
        for width, height in ((1024, 768), (1280, 800), (1366, 768), (1440, 789), (1400, 860)):
            self.size(width, height)
            for name in ("deep", "freed", "compared"):
                self.open("bare" if name == "compared" else name, "#r12")
                if name == "compared":
                    self.compare(self.folder / "residual.html")
                    self.expect("diff-summary", "residual.html")
                area = self.find("diff" if name == "compared" else "list")
                list_bottom, footer_top, footer_bottom, window = self.browser.execute_script(
                    "scrollTo(0, document.documentElement.scrollHeight);"
                    "const footer = document.querySelector('footer').getBoundingClientRect();"
                    "return [arguments[0].getBoundingClientRect().bottom, footer.top, footer.bottom, innerHeight]", area)
                where = f"{name} at {width} by {height}"
                self.assertLessEqual(list_bottom, footer_top, where)
                self.assertLessEqual(footer_bottom, window + 1, where)
                self.assertGreaterEqual(area.size["height"], 150, where)
                cut = self.browser.execute_script(
                    "const scopes = document.querySelector('.scopes');"
                    "return [scopes, ...scopes.querySelectorAll('.number')].filter((e) => e.scrollWidth > e.clientWidth).length")
                self.assertEqual(cut, 0, where)

    def test_every_record_counts_in_the_table_of_scopes(self):
        self.open("deep")
        rows = self.browser.execute_script(
            "return [...document.querySelectorAll('#scope-table tbody th')].map((cell) => cell.textContent)")
        self.assertIn("blocks.23.attention.query", rows)
        self.assertIn("blocks.23 itself", rows)  # the residual sums
        self.assertIn("outside all scopes", rows)  # the loss

    def test_healthy_gradients_do_not_look_vanished(self):
        self.open("residual")
        low, high = self.browser.execute_script("return [...document.querySelectorAll('#legend .scale b')].map((b) => b.textContent)")
        decade = lambda text: int(text[2:].translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))
        self.assertGreaterEqual(decade(high) - decade(low), 6)

    def test_columns_stand_over_their_cells(self):
        self.open("bare")
        align = lambda selector: self.all(selector)[0].value_of_css_property("text-align")
        self.assertEqual(align("#list-view .columns span:nth-child(5)"), align("#list .row span.shape"))

    def test_five_thousand_records_stay_usable(self):
        self.open("long")
        self.assertIn("5,000 records", self.text("summary"))
        self.wait(lambda: len(self.all("#list .sheet .row")) > 5)
        self.assertLess(len(self.all("#list .sheet .row")), 100)
        self.assertIn("#0–70", self.text("scope-table"))  # without scopes, by ranges of records
        self.browser.execute_script("arguments[0].focus()", self.find("list"))
        self.keys(Keys.END)
        self.assertEqual(self.text("details-title"), "#4999 sum")
        self.wait(lambda: self.row(4999).is_displayed())
        self.type_query("tanh")
        self.expect("found", "of 4998")  # both operations stand on the line that has the word
        self.click("tab-graph")
        self.wait(lambda: self.drawn("graph") > 20)
        self.click("expand")
        self.click("fit")
        self.click("restart")
        self.click("step")
        self.expect("walk-state", "#4998")
        self.compare(self.folder / "long.html")
        self.expect("diff-summary", "5000 the same")

    def test_what_is_not_finite_stands_out(self):
        self.open("non_finite", "#r0")
        self.assertIn("1 record not finite", self.text("summary"))
        self.assertIn("NaN or ∞: 1", self.text("legend"))
        self.assertIn("bad", self.row(0).find_element("css selector", ".swatch").get_attribute("class"))
        self.assertIn("NaN/∞", self.row(0).text)
        self.assertTrue(self.all("#details .statistics .bad"))

    def test_without_keep_all_it_says_how_to_see_more(self):
        self.open("freed", "#r4")
        self.assertIn("Tape<float> tape({.keep_all = true})", self.text("notice"))
        self.assertIn("not kept", self.text("details-body"))
        self.assertIn("#1 embedding", self.text("details-body"))
        self.click("restart")
        self.click("step")
        self.expect("walk-state", "linear")
        self.open("bare")
        self.assertFalse(self.find("notice").is_displayed())

    def test_names_are_text_and_nothing_else(self):
        self.open("hostile", "#r0")
        self.assertEqual(self.browser.title, "Tape of 3 records")
        self.assertIn("<img src=x onerror=alert(1)> \ufffd\ufffd \"'&", self.text("details-body"))
        self.assertIn("</script><script>", self.text("details-body"))
        self.assertEqual(self.all("#details img"), [])

    def test_a_formula_is_shown(self):
        self.open("hostile", "#r1")
        for part in ("y = 2 a", "da = 2 dy", "Twice as much."):
            self.assertIn(part, self.text("details-body"))

    def test_an_empty_tape_opens(self):
        self.open("empty")
        self.assertIn("0 records", self.text("summary"))
        self.assertIn("This tape is empty.", self.text("details-body"))
        self.assertFalse(self.find("play").is_enabled())
        self.assertEqual(self.text("walk-state"), "")
        self.click("tab-graph")
        self.keys("/", "x", Keys.ENTER, Keys.ESCAPE, Keys.ESCAPE, Keys.ARROW_LEFT, " ")
        self.assertEqual(self.position(), -1)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
