#!/bin/sh
# Runs Mosquitto, unless its configuration lets in more than it should (check.awk), and has it read its certificates
# again (SIGHUP) when the list of revoked ones has changed.
# run.sh <configuration> <list of revoked certificates> [program]
config=$1
list=$2
awk -f "$(dirname "$0")/check.awk" "$config" || exit 78
"${3:-mosquitto}" -c "$config" &
broker=$!
trap 'kill -TERM "$broker"; wait "$broker"; exit $?' TERM INT
said=$(cksum < "$list")
while kill -0 "$broker" 2> /dev/null; do
  sleep 2 &
  wait $!
  now=$(cksum < "$list")
  [ "$now" = "$said" ] || kill -HUP "$broker"
  said=$now
done
wait "$broker"
