# The demo of the README with the executable, where no Node is: `demo.sh IDS`. Run by main.ts in a chroot.
set -eu
ids=$1
cd /work
fail() { echo "FAILED: $*" >&2; exit 1; }
say() { printf '\n# %s\n' "$*"; }
expect() { case $2 in *"$1"*) ;; *) fail "no '$1' in: $2" ;; esac; }

for name in node nodejs npm; do
  if command -v "$name" >/dev/null; then fail "$name is installed"; fi
done
. /etc/os-release
say "$PRETTY_NAME, without Node: $(cfsctl --version)"
export CFSCTL_REPO=/work/repository
# An error where the libraries inside the executable cannot be called.
export COMPOSEFS_ENGINE=native

say 'A fresh repository, an image of three layers'
cfsctl init --insecure "$CFSCTL_REPO"
cfsctl --quiet oci pull oci:layout:demo demo
expect demo "$(cfsctl oci images)"
cfsctl oci images

say 'Seal it, mount it, look inside'
sealed=$(cfsctl oci seal demo --json)
expect "$(cfsctl oci compute-id demo)" "$sealed"
mkdir mnt
cfsctl oci mount demo mnt
expect 'Hello from a file that lies in the object store.' "$(cat mnt/usr/share/greeting)"
[ ! -e mnt/usr/share/notice ] || fail 'a file that the last layer removes is there'
ls mnt/usr/share
cfsctl umount mnt
[ ! -e mnt/usr ] || fail 'still mounted'

say 'Debian, by helper threads: the id is that of the program as npm installs it'
COMPOSEFS_HELPERS=2 cfsctl --quiet oci pull oci:debian:debian debian &
pull=$!
threads=0
while kill -0 "$pull" 2>/dev/null; do
  seen=$(cat /proc/"$pull"/task/*/comm 2>/dev/null | grep -c '^WorkerThread$' || true)
  if [ "$seen" -gt "$threads" ]; then threads=$seen; fi
done
wait "$pull" || fail "the pull ended with $?"
[ "$threads" = 2 ] || fail "$threads helper threads ran, not 2"
id=$(cfsctl oci compute-id debian)
[ "${#id}" = 128 ] || fail "no id: $id"
expect "\"$id\"" "$ids"
cfsctl oci mount debian mnt
for file in usr/bin/bash usr/bin/dpkg etc/debian_version; do
  cmp "/$file" "mnt/$file" || fail "$file is another"
done
cfsctl umount mnt
cfsctl fsck

say 'Its other names'
ln -s cfsctl /usr/bin/mkcomposefs
ln -s cfsctl /usr/bin/composefs-info
mkdir files && echo text >files/file && seq 100 >files/numbers
mkcomposefs --digest-store=store files image
expect /numbers "$(composefs-info ls image)"
expect "$(composefs-info measure-file image)" "$(mkcomposefs --print-digest-only files)"
composefs-info ls image

# mount(8) looks for the helper there.
ln -s /usr/bin/cfsctl /usr/sbin/mount.composefs
mount -t composefs image mnt -o basedir=store
cmp files/numbers mnt/numbers || fail 'another file is mounted'
cmp files/file mnt/file || fail 'another file is mounted'
umount mnt

say 'Nothing is left behind'
left=$(find /tmp /run /dev/shm /var/tmp /var/cache/cfsctl /root -name '*cfsctl*' 2>/dev/null || true)
[ -z "$left" ] || fail "left: $left"
