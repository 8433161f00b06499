#!/bin/sh
# Run `cx report` with the arguments given, keep its log, say something only where somebody must look, and end with
# its exit code. The project is the folder the script is started in; LOGS is where the logs go (reports/logs).
#
#   17 6 * * *  cd /srv/journeys && nice sh docs/scheduling/report.sh data/acme
set -u
export OPENBLAS_NUM_THREADS="${OPENBLAS_NUM_THREADS:-1}"
logs="${LOGS:-reports/logs}"
mkdir -p "$logs" || exit 73
log="$logs/$(date -u +%Y-%m-%dT%H-%M-%SZ)-$$.log"

"${CX:-.venv/bin/cx}" report "$@" >"$log" 2>&1
code=$?

case $code in
0) ;;
75) echo "Busy: another run of the study is under way, or a file was being written. The next run will do." >>"$log" ;;
*)
    echo "cx report $* ended with $code; the last report stays in place. From $log:"
    tail -n 20 "$log"
    ;;
esac
exit $code
