"""Counts test cases from bazel's build events and the test.xml files that they name; prints "N passed, N failed".

Exits with 1 when anything failed, or nothing ran.
"""

import json
import sys
import urllib.parse
import xml.etree.ElementTree as ElementTree


def cases_of(path):
    """(passed, failed) of a test.xml; googletest lists its cases there, bazel one case for other programs."""
    passed = failed = 0
    for case in ElementTree.parse(path).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is None and case.get("result") != "suppressed":
            passed += 1
    return passed, failed


def main(events_path):
    passed = failed = 0
    with open(events_path, encoding="utf-8") as events:
        for line in events:
            event = json.loads(line)
            result = event.get("testResult")
            if result is None:
                continue
            ok = result["status"] in ("PASSED", "FLAKY")
            counts = (0, 0)
            for output in result.get("testActionOutput", ()):
                if output["name"] == "test.xml" and "uri" in output:
                    try:
                        counts = cases_of(urllib.parse.unquote(urllib.parse.urlparse(output["uri"]).path))
                    except (OSError, ElementTree.ParseError):
                        pass  # a test that was killed leaves none
            if ok and counts == (0, 0):
                counts = (1, 0)
            if not ok and counts[1] == 0:
                counts = (counts[0], 1)
                print("failed: " + event["id"]["testResult"]["label"])
            passed += counts[0]
            failed += counts[1]
    print("%d passed, %d failed" % (passed, failed))
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
