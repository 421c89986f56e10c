# Where the native part of the executable can be loaded from, and who may run it: run by main.ts in a chroot, after the
# demo, in a namespace of its own.
set -eu
cd /work
fail() { echo "FAILED: $*" >&2; exit 1; }
say() { printf '\n# %s\n' "$*"; }

say 'A user without any rights, in a directory of theirs'
install -d -o nobody /work/nobody
chroot --userspec=nobody:nogroup / env -i PATH="$PATH" HOME=/work/nobody sh -eu -c '
  cd /work/nobody
  cfsctl init --insecure repository
  cfsctl --quiet --repo repository oci pull oci:/work/layout:demo demo
  cfsctl --repo repository fsck'

say 'No directory whose files may be run, but the one of the executable'
for directory in /dev/shm /run /tmp /var/tmp; do
  mount -t tmpfs -o noexec tmpfs "$directory"
done
cfsctl --repo repository fsck
left=$(find /dev/shm /run /tmp /var/tmp /usr/bin -newer /work/demo.sh -mindepth 1 ! -type l \
  ! -name cfsctl ! -path '/run/mount*')
[ -z "$left" ] || fail "left: $left"

say 'None at all: an error, and TMPDIR helps'
mount --bind /usr/bin /usr/bin
mount -o remount,bind,ro /usr/bin
if message=$(cfsctl --repo repository fsck 2>&1); then fail 'it ran'; fi
echo "$message"
case $message in *TMPDIR*) ;; *) fail 'no hint' ;; esac
TMPDIR=/work cfsctl --repo repository fsck
