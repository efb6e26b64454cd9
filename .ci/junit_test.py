"""A JUnit file as a reader that is not ours takes it. usage: junit_test.py FILE"""

import sys

from junitparser import Failure, JUnitXml, Skipped

report = JUnitXml.fromfile(sys.argv[1])
suites = list(report)
cases = [case for suite in suites for case in suite]
kinds = [type(result) for case in cases for result in case.result]
said = (report.tests, report.failures, report.skipped, report.errors)
told = (len(cases), kinds.count(Failure), kinds.count(Skipped), 0)
assert said == told, f"{said} is said and {told} is told"
for suite in suites:
    assert (suite.tests, suite.failures) == (len(list(suite)), sum(c.is_failure for c in suite)), suite.name
assert kinds.count(Failure) > 0 and kinds.count(Skipped) > 0
assert all(case.name and case.classname for case in cases)
