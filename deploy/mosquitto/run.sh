#!/bin/sh
# Runs Mosquitto and has it read its certificates again (SIGHUP) when the list of revoked ones has changed.
# run.sh <configuration> <list of revoked certificates> [program]
config=$1
list=$2
"${3:-mosquitto}" -c "$config" &
broker=$!
trap 'kill -TERM "$broker"' TERM INT
said=$(cksum < "$list")
while kill -0 "$broker" 2> /dev/null; do
  sleep 2 &
  wait $!
  now=$(cksum < "$list")
  [ "$now" = "$said" ] || kill -HUP "$broker"
  said=$now
done
wait "$broker"
