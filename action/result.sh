#!/usr/bin/env bash
# Ends the job as rolecall ended: CODE.
case $CODE in
    0) exit 0 ;;
    1) echo "::error::rolecall found what fail-on asks it to stop at; see the step summary" ;;
    3) echo "::error::rolecall found nothing to analyse in the path" ;;
    *) echo "::error::rolecall could not finish; see the log" ;;
esac
exit "${CODE:-2}"
