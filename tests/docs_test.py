"""README.md and the pages of docs are shown as they are meant: links that stay in the repository lead to a file, and to a heading
where they name one; tables are tables."""

import glob
import os
import re
import unittest

import relations_testing as rt

# Bazel shows tests links into the checkout, where everything is that a page may link to.
CHECKOUT = os.path.dirname(os.path.realpath("README.md"))
PAGES = ["README.md"] + sorted(glob.glob("docs/**/*.md", root_dir=CHECKOUT, recursive=True))


def prose(page):
    """The page without its blocks of code."""
    with open(os.path.join(CHECKOUT, page), encoding="utf-8") as file:
        return re.sub(r"^```.*?^```$", "", file.read(), flags=re.MULTILINE | re.DOTALL)


def anchor(heading):
    """What GitHub makes of a heading: lower case, without punctuation, with hyphens for spaces."""
    return re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-")


def anchors(page):
    return {anchor(heading) for heading in re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)}


class Docs(unittest.TestCase):
    def test_every_link_leads_somewhere(self):
        followed = 0
        for page in PAGES:
            for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
                if re.match(r"[a-z]+:", target):
                    continue
                file, _, heading = target.partition("#")
                path = os.path.normpath(os.path.join(os.path.dirname(page), file)) if file else page
                with self.subTest(page=page, link=target):
                    self.assertTrue(os.path.exists(os.path.join(CHECKOUT, path)), "there is no " + path)
                    if heading:
                        self.assertIn(heading, anchors(path))
                followed += 1
        self.assertGreater(followed, 100)

    def test_every_table_has_a_head(self):
        tables = 0
        for page in PAGES:
            for block in re.findall(r"(?:^\|.*\n)+", prose(page), re.MULTILINE):
                rows = block.splitlines()
                with self.subTest(page=page, row=rows[0]):
                    self.assertGreater(len(rows), 1)
                    self.assertRegex(rows[1], r"^\|(-+\|)+$", "a table's second line is |---|---|")
                tables += 1
        self.assertGreater(tables, 20)

    def test_headings_as_github_names_them(self):
        self.assertEqual(anchor("Budgets: no more than this"), "budgets-no-more-than-this")
        self.assertEqual(anchor("The program `relations`"), "the-program-relations")
        self.assertEqual(anchor("`a_b`, c-d"), "a_b-c-d")


if __name__ == "__main__":
    rt.main()
