# cmake/imap.sh: a Dovecot beside ./run, on unprivileged ports; sourced by ./run.
#
# What:    imap_prepare finds or unpacks Dovecot and writes its configuration, imap_start and
#          imap_stop run it, imap_show reads a mail over IMAP.
# In/Out:  BINARY, HOME_DIR and STAGEPOST_IMAP…_PORT → a Dovecot of this run alone.
# Errors:  returns 1 with the remedy on stderr.
# Not here: a lasting Dovecot (`stagepost dovecot-config --help`).
#
# Nothing is installed and no service of the machine is touched: Debian would start its own Dovecot
# when it installs one, so the packages are unpacked into build/imap. Their modules are looked for
# at a compiled-in path, hence Dovecot runs in a mount namespace where build/imap lies below /usr.
# shellcheck shell=bash

readonly IMAP_CONFIG=stagepost-imap.toml # beside stagepost.toml, which stays as it is
readonly IMAP_ROOT=build/imap
imap_run=
imap_process=
imap_command=()

imap_port() { echo "${STAGEPOST_IMAP_PORT:-2143}"; }
imaps_port() { echo "${STAGEPOST_IMAPS_PORT:-2993}"; }

# imap_unpack: the packages and what they need that this machine lacks, below build/imap.
imap_unpack() {
  [[ ! -e $IMAP_ROOT/usr/sbin/dovecot ]] || return 0
  printf 'Unpacking %s (not installing them)\n' "${PACKAGES_IMAP[*]}"
  local fresh
  fresh=$(readlink -m "$IMAP_ROOT.new")
  rm -rf "$fresh"
  mkdir -p "$fresh/debs"
  local apt=(apt-get -q -o APT::Sandbox::User=root -o Acquire::Retries=3) names
  imap_fetch() {
    names=$("${apt[@]}" -s -y --no-install-recommends install "${PACKAGES_IMAP[@]}" |
      sed -n 's/^Inst \([^ ]*\).*/\1/p') || return 1
    # shellcheck disable=SC2086  # one name a word
    (cd "$fresh/debs" && "${apt[@]}" download ${names:-"${PACKAGES_IMAP[@]}"})
  }
  if ! imap_fetch >"$fresh/log" 2>&1; then
    as_root "${apt[@]}" update >>"$fresh/log" 2>&1 || true
    imap_fetch >>"$fresh/log" 2>&1 || { tail -n 20 "$fresh/log" >&2; return 1; }
  fi
  local deb
  for deb in "$fresh"/debs/*.deb; do dpkg -x "$deb" "$fresh"; done
  rm -rf "$fresh/debs" "$IMAP_ROOT"
  mv "$fresh" "$IMAP_ROOT"
}

# imap_find: sets imap_command to what starts programs of Dovecot.
imap_find() {
  if [[ -x /usr/sbin/dovecot && -x /usr/lib/dovecot/lmtp ]]; then
    imap_command=(env)
    return 0
  fi
  imap_unpack || return 1
  local below
  below=$(readlink -f "$IMAP_ROOT")
  # shellcheck disable=SC2016  # for the inner shell
  local overlay='mount -t overlay overlay -o "lowerdir=/usr:$0/usr" /usr && exec "$@"'
  if [[ $(id -u) -eq 0 ]]; then
    imap_command=(unshare -m --propagation private sh -c "$overlay" "$below")
  else
    imap_command=(unshare --map-current-user --keep-caps -m sh -c "$overlay" "$below"
      setpriv --ambient-caps=-all --inh-caps=-all)
  fi
  if ! "${imap_command[@]}" dovecot --version >/dev/null; then
    printf '%s\n' 'Dovecot cannot run from build/imap: this machine allows no mount namespace.' \
      "remedy: apt-get install ${PACKAGES_IMAP[*]}" >&2
    return 1
  fi
}

# imap_prepare: Dovecot's configuration, and one of the server that delivers to it.
imap_prepare() {
  install_packages curl
  imap_find || return 1
  local people=(--unprivileged) version
  if [[ $(id -u) -eq 0 ]]; then
    people=(--user mail --dovecot-user daemon --dovecot-group daemon --login-user nobody)
    if ! setpriv --reuid=mail --regid=mail --clear-groups test -x "$HOME_DIR"; then
      printf '%s\n' "the user mail cannot reach $HOME_DIR, where its mail would be" \
        'remedy: call this not as root, or set STAGEPOST_HOME to a folder that all may pass' >&2
      return 1
    fi
  fi
  version=$("${imap_command[@]}" dovecot --version)
  [[ $version == 2.4* ]] && version=2.4 || version=2.3
  imap_run=$(mktemp -d /tmp/stagepost-imap.XXXXXX)
  chmod 755 "$imap_run"
  cp "$HOME_DIR/stagepost.toml" "$HOME_DIR/$IMAP_CONFIG"
  "$BINARY" dovecot-config --home "$HOME_DIR" --config "$HOME_DIR/$IMAP_CONFIG" --apply \
    --version "$version" --run "$imap_run" --log "$HOME_DIR/dovecot.log" --listen 127.0.0.1 \
    --imap-port "$(imap_port)" --imaps-port "$(imaps_port)" \
    --sieve-port "${STAGEPOST_SIEVE_PORT:-4190}" "${people[@]}" >"$imap_run/dovecot-config.log"
  [[ $(id -u) -ne 0 ]] || chown -R mail:mail "$HOME_DIR/mail"
}

imap_start() {
  : >"$HOME_DIR/dovecot.log"
  "${imap_command[@]}" dovecot -F -c "$HOME_DIR/dovecot/dovecot.conf" </dev/null \
    >>"$HOME_DIR/dovecot.log" 2>&1 &
  imap_process=$!
  local tries
  for ((tries = 0; tries < 200; tries++)); do
    [[ ! -S $imap_run/lmtp || ! -S $imap_run/quota-status ]] || return 0
    kill -0 "$imap_process" 2>/dev/null || break
    sleep 0.05
  done
  tail -n 20 "$HOME_DIR/dovecot.log" >&2
  printf 'Dovecot did not start; its log is %s\n' "$HOME_DIR/dovecot.log" >&2
  return 1
}

imap_stop() {
  if [[ -n $imap_process ]]; then
    kill -TERM "$imap_process" 2>/dev/null || true
    wait "$imap_process" 2>/dev/null || true
    imap_process=
  fi
  [[ -z $imap_run ]] || rm -rf "$imap_run"
  imap_run=
}

# imap_curl LOGIN PASSWORD PATH: the password goes by stdin, which no list of processes shows.
imap_curl() {
  printf 'user = "%s:%s"\n' "$1" "$2" |
    curl -sS --insecure --max-time 20 -K - "imaps://127.0.0.1:$(imaps_port)/$3"
}

# imap_show SUBJECT: the mail with it, read with an app password that is good for this alone.
imap_show() {
  local made secret number=''
  "$BINARY" app-password revoke you@demo.test run --home "$HOME_DIR" >/dev/null 2>&1 || true
  made=$("$BINARY" app-password add you@demo.test run --read --home "$HOME_DIR")
  secret=$(sed -nE 's/^.*[Pp]assword[^:]*: *([^ ]+).*$/\1/p' <<<"$made" | head -n 1)
  local tries
  for ((tries = 0; tries < 100; tries++)); do
    number=$(imap_curl you@demo.test/run "$secret" "INBOX?SUBJECT%20%22${1// /%20}%22" |
      tr -d '\r' | sed -nE 's/^\* SEARCH ([0-9]+).*/\1/p') || true
    [[ -z $number ]] || break
    sleep 0.1
  done
  [[ -n $number ]] || { echo 'the mail is not to be seen over IMAP' >&2; return 1; }
  say "Read over IMAP: curl imaps://127.0.0.1:$(imaps_port)/INBOX;MAILINDEX=$number"
  imap_curl you@demo.test/run "$secret" "INBOX;MAILINDEX=$number"
  "$BINARY" app-password revoke you@demo.test run --home "$HOME_DIR" >/dev/null
}
