# Says what in a configuration of Mosquitto would let in more than it should, and ends with 1. Mosquitto itself takes a line
# that is missing for "anybody may", and an empty access list for "everything" (CVE-2018-12550).
# awk -f check.awk mosquitto.conf

function complain(what) { print "not started: " what; wrong = 1 }

function checked_list(file, line, words, number, user) {
  while ((getline line < file) > 0) {
    sub(/\r$/, "", line)
    if (line == "" || line ~ /^#/) continue
    number++
    split(line, words, " ")
    if (line ~ /^user [^ ]+$/) user = 1
    else if (line ~ /^topic (read|write) [^ #]+$/) { if (!user) complain(file ": a topic for everybody: " line) }
    else if (line ~ /^pattern (read|write) kordon\/v1\/%u\/[^ +#]+$/) continue
    else if (line ~ /^pattern readwrite owntracks\/%u\/[^ #]+$/) continue
    else complain(file ": this line gives more than its own topics, or nothing: " line)
  }
  close(file)
  if (number == 0) complain(file ": the access list is empty or absent")
}

function has_words(file, line, found) {
  while ((getline line < file) > 0) if (line != "") found = 1
  close(file)
  return found
}

function end_of_listener() {
  if (listener == "") return
  if (said["allow_anonymous"] != "false") complain("listener " listener ": allow_anonymous is not false")
  if (said["acl_file"] == "") complain("listener " listener ": no acl_file")
  else checked_list(said["acl_file"])
  if (said["password_file"] != "") {
    if (!has_words(said["password_file"])) complain("listener " listener ": " said["password_file"] " is empty or absent")
  } else {
    if (said["cafile"] == "") complain("listener " listener ": neither password_file nor cafile")
    if (said["crlfile"] == "") complain("listener " listener ": no crlfile")
    if (said["require_certificate"] != "true") complain("listener " listener ": require_certificate is not true")
    if (said["use_identity_as_username"] != "true") complain("listener " listener ": use_identity_as_username is not true")
    if (said["use_username_as_clientid"] != "true") complain("listener " listener ": use_username_as_clientid is not true")
  }
}

{ sub(/\r$/, "") }
/^[ \t]*(#|$)/ { next }
$1 == "listener" { end_of_listener(); split("", said); listener = $2; if ($2 == "") complain("a listener without a port"); next }
{
  # Said twice, the worse of two words must not hide behind the better one.
  if ($1 in said && said[$1] != $2) complain($1 " is said twice")
  said[$1] = $2
  if (listener == "" && $1 == "per_listener_settings") own = $2
}
END {
  end_of_listener()
  if (listener == "") complain("no listener")
  if (own != "true") complain("per_listener_settings is not true")
  exit wrong
}
