# cmake/packages.sh: the Debian 12 packages that Stagepost needs; sourced by ./run and ./test.
#
# What:    the lists, and install_packages, which installs those that are missing.
# In/Out:  package names → installed packages; prints what it installs, nothing when all are there.
# Errors:  returns 1 with the remedy on stderr; never removes a package.
# Not here: peers for the end-to-end tests are unpacked, not installed (tests/peers/unpack.py).
# shellcheck shell=bash disable=SC2034

# To build the release binary.
PACKAGES_BUILD=(
  clang-19 lld-19 ccache cmake ninja-build pkg-config
  libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev
  libcli11-dev libfmt-dev libgsasl-dev libidn2-dev libisal-dev libldap-dev libmimalloc-dev
  libpugixml-dev libseccomp-dev libspdlog-dev libsqlite3-dev libssl-dev libtomlplusplus-dev
  libunbound-dev libunistring-dev zlib1g-dev
)
# Likewise, for the web interface, where their commands are missing: a machine may have newer ones
# from elsewhere, which Debian's npm does not go with.
PACKAGES_WEB=()
command -v node >/dev/null || PACKAGES_WEB+=(nodejs)
command -v npm >/dev/null || PACKAGES_WEB+=(npm)
# To send the first mail and to make certificates.
PACKAGES_RUN=(ca-certificates openssl swaks)
# For the tests, beyond the two lists above.
PACKAGES_TEST=(
  clang-format-19 clang-tidy-19 libclang-19-dev libclang-rt-19-dev llvm-19 llvm-19-dev
  libbenchmark-dev libgmock-dev libgtest-dev libyaml-cpp-dev
  curl git groff-base iproute2 libxml2-utils nodejs procps python3-pytest
  python3-pytest-xdist python3-yaml strace
)
# To build the Debian package (packaging/deb), in tests, too.
PACKAGES_DEB=(debhelper dpkg-dev)
# To read mail with ./run --with-imap: unpacked under build/imap, never installed.
PACKAGES_IMAP=(
  dovecot-core dovecot-imapd dovecot-lmtpd dovecot-managesieved dovecot-sieve dovecot-sqlite
)
# Unpacked under build/peers, never installed: real servers to test against; read by
# tests/peers/unpack.py.
PACKAGES_PEERS=(
  postfix knot slapd ldap-utils
  dovecot-core dovecot-imapd dovecot-ldap dovecot-lmtpd dovecot-managesieved dovecot-sieve
  dovecot-sqlite
  msmtp s-nail mutt gsasl nmap node-nodemailer
  git-email libauthen-sasl-perl libio-socket-ssl-perl libmailtools-perl libnet-ssleay-perl
)
# Likewise, for tests/e2e/test_filters.py (17 MB).
PACKAGES_FILTERS=(opendkim rspamd clamav-daemon clamav-milter)
# Likewise, a certificate authority, for tests/e2e/test_certificates.py (3 MB).
PACKAGES_ACME=(pebble)
# Likewise, for the one long test that needs them (90 MB): tests/e2e/test_thunderbird.py.
PACKAGES_THUNDERBIRD=(thunderbird xvfb xauth x11-xkb-utils xkb-data fonts-dejavu-core)
# Likewise, for tests/e2e/test_package.py: systemd-analyze.
PACKAGES_SYSTEMD=(systemd)
# Likewise, for the long test of installations, tests/e2e/test_install.py, which makes a Debian root
# below build/.
PACKAGES_ROOT=(debootstrap)
# Likewise, what else checks who sends: for tests/bench/verify. dbconfig-no-thanks keeps a database
# client away that opendmarc would bring along.
PACKAGES_VERIFY=(
  opendkim opendmarc dbconfig-no-thanks postfix-policyd-spf-python rspamd unbound publicsuffix
)
# Likewise, programs that send mail by sendmail: tests/e2e/test_sendmail.py (7 MB).
PACKAGES_LOCAL=(php-cli cron)
# Likewise, the servers that tests/bench/compare measures beside Postfix, and that mail goes to and
# comes from in tests/e2e (test_interop_*.py, test_relay_login.py); Haraka comes from npm.
PACKAGES_BENCH=(opensmtpd exim4-daemon-heavy chasquid)
# Likewise, one more server for tests/conformance (3 MB).
PACKAGES_SENDMAIL=(sendmail-bin sendmail-cf m4)
# Likewise, further ones for tests/e2e/test_interop_*.py (6 MB).
PACKAGES_MTAS=(sendmail-bin courier-mta)
# Likewise, for tests/e2e/test_faults_network.py: nft.
PACKAGES_NFT=(nftables)

# Likewise, proxies in front of us: tests/e2e/test_proxies.py (4 MB).
PACKAGES_PROXIES=(haproxy nginx libnginx-mod-mail libnginx-mod-stream)

# Likewise, the shells that our completion is for: tests/e2e/test_shell.py (9 MB).
PACKAGES_SHELLS=(zsh fish)

# Likewise, programs that read bounces: tests/e2e/test_dsn_readers.py (1 MB).
PACKAGES_BOUNCES=(python3-flufl.bounce libmail-deliverystatus-bounceparser-perl)
# Likewise, a browser for the web interface: tests/e2e/test_web.py.
PACKAGES_WEB_TEST=(chromium-headless-shell fonts-dejavu-core)

# Likewise, other people's SPF, DKIM and DMARC, to be compared with ours: tests/interop.
PACKAGES_INTEROP=(
  opendkim opendkim-tools python3-dkim python3-nacl libmail-dkim-perl
  python3-spf python3-authheaders
)

# as_root COMMAND…: runs it as root, by sudo when need be.
as_root() {
  if [[ $(id -u) -eq 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    printf 'cannot run as root: %s\nremedy: call this as root, or install sudo\n' "$*" >&2
    return 1
  fi
}

# missing_packages NAME…: prints those that are not installed, one a line.
missing_packages() {
  local installed
  # dpkg-query fails when it does not know one of the names; that one is missing.
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
    sed -n 's/^installed //p') || true
  comm -23 <(printf '%s\n' "$@" | sort -u) <(sort -u <<<"$installed")
}

install_packages() {
  if ! command -v dpkg-query >/dev/null; then
    printf 'this is not Debian: please install what cmake/packages.sh lists\n' >&2
    return 1
  fi
  local -a missing
  mapfile -t missing < <(missing_packages "$@")
  [[ ${#missing[@]} -gt 0 ]] || return 0
  if [[ -z $(missing_packages libboost1.74-dev) && " ${missing[*]} " == *" libboost1.81-dev "* ]]; then
    printf '%s\n' \
      'libboost1.74-dev is installed, and Debian allows only one version of Boost headers;' \
      'Stagepost needs libboost1.81-dev.' \
      'remedy: apt-get remove libboost1.74-dev, then call this again' >&2
    return 1
  fi
  printf 'Installing %d Debian packages: %s\n' "${#missing[@]}" "${missing[*]}"
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0
    -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
  local log
  log=$(mktemp)
  # An out-of-date list names versions that the archive no longer has, so it is fetched first.
  if ! { as_root "${apt[@]}" update &&
    as_root "${apt[@]}" install -y --no-install-recommends --no-remove "${missing[@]}"; } \
    </dev/null >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    printf 'could not install: %s (whole log: %s)\n' "${missing[*]}" "$log" >&2
    return 1
  fi
  rm -f "$log"
}
