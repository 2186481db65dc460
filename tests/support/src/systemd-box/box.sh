#!/usr/bin/env bash
# A real systemd as PID 1 of namespaces of its own, over an overlay of this machine's root file system. boot-box.ts starts it.
#
#   box.sh DIRECTORY none|host auto|v2
#
# Says `ready PID CONTROLLER,...` once the box has booted, and keeps it until its standard input ends, which it does however its parent
# ends. Then it kills the box and removes the directory and the control groups. Should this script itself be killed, the kernel
# kills the box (prctl(2), PR_SET_PDEATHSIG), and the next box.sh removes what it left.
#   DIRECTORY  new, named oroboros-box-*; may hold files/ (a tree to lay over the root) and binds (lines of SOURCE<TAB>TARGET<TAB>ro|rw)
#   none|host  a network of its own with nothing but loopback, or the machine's
#   auto|v2    the control groups that the machine has, or version 2 on a machine that has both
set -euo pipefail

readonly SELF="$(readlink -f "${BASH_SOURCE[0]}")"
readonly BOOT_SECONDS=30
# Of machines, not of boxes: hardware, other file systems, sessions on consoles, and kernel settings that have no namespace.
readonly MASKED=(
  dev-hugepages.mount sys-fs-fuse-connections.mount sys-kernel-config.mount sys-kernel-debug.mount sys-kernel-tracing.mount
  proc-sys-fs-binfmt_misc.automount systemd-binfmt.service systemd-modules-load.service systemd-sysctl.service kmod-static-nodes.service
  systemd-random-seed.service systemd-remount-fs.service systemd-update-utmp.service systemd-update-utmp-runlevel.service
  systemd-journald-audit.socket systemd-logind.service getty.target
)

main() {
  BOX="$(readlink -f "$1")" NETWORK="$2" CGROUPS="$(cgroup_version "$3")"
  NAME="$(basename "$BOX")"
  [[ $NAME == oroboros-box-* ]] || { echo "box: $BOX is not named oroboros-box-*" >&2; exit 2; }
  exec 9>"$BOX/lock"
  flock 9
  trap remove EXIT
  trap 'exit 143' INT TERM HUP
  remove_abandoned
  join_cgroups
  start
  announce
  # Until whoever started this closes it, or ends.
  read -r || true
}

# --- control groups: one below each hierarchy's root, which is the root that the box sees

cgroup_version() {
  if [[ $(stat -fc %T /sys/fs/cgroup) == cgroup2fs || $1 == v2 ]]; then echo v2; else echo v1; fi
}

unified_root() { awk '$3 == "cgroup2" {print $2; exit}' /proc/self/mounts; }

# Directories that are to hold the box, one for each hierarchy.
cgroups_of() {
  local name="$1"
  if [[ -n "$(unified_root)" ]]; then echo "$(unified_root)/$name"; fi
  awk -v name="$name" '$3 == "cgroup" {print $2 "/" name}' /proc/self/mounts
}

join_cgroups() {
  local group controller
  if [[ $CGROUPS == v2 ]]; then
    for controller in $(<"$(unified_root)/cgroup.controllers"); do
      # Busy where this machine's root has processes of its own; boot-box.ts tells which controllers the box lacks.
      (echo "+$controller" >"$(unified_root)/cgroup.subtree_control") 2>/dev/null || true
    done
  fi
  for group in $(cgroups_of "$NAME"); do
    mkdir "$group"
    # A new cpuset is empty, and nothing can run in it.
    if [[ -e $group/cpuset.cpus && ! -e $group/cgroup.controllers ]]; then
      cat "$group/../cpuset.cpus" >"$group/cpuset.cpus"
      cat "$group/../cpuset.mems" >"$group/cpuset.mems"
    fi
  done
}

controllers() {
  if [[ $CGROUPS == v2 ]]; then tr ' ' ',' <"$(unified_root)/$NAME/cgroup.controllers"; else
    awk -F: '$2 ~ /^[a-z,]+$/ {printf "%s%s", sep, $2; sep = ","} END {print ""}' /proc/self/cgroup
  fi
}

# --- outside: start, wait, remove

start() {
  local own_network=(--net)
  [[ $NETWORK == none ]] || own_network=()
  (
    for group in $(cgroups_of "$NAME"); do echo "$BASHPID" >"$group/cgroup.procs"; done
    # Closed here: what ends the box is our input, and what says that it is ours is our lock.
    exec 9>&- <"/dev/null" >"$BOX/console" 2>&1
    exec setpriv --pdeathsig KILL \
      unshare --mount --pid --cgroup --uts --ipc "${own_network[@]}" --fork --kill-child=KILL \
      env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin container=oroboros-box \
      bash "$SELF" --inside "$BOX" "$NETWORK" "$CGROUPS"
  ) &
  OUTER=$!
}

inner_pid() { awk '{print $1}' "/proc/$OUTER/task/$OUTER/children" 2>/dev/null; }

# Before it has become that, it still has the root of this machine, where another systemd may run.
is_systemd() { [[ -n $1 && $(cat "/proc/$1/comm" 2>/dev/null) == systemd ]]; }

announce() {
  local deadline=$((SECONDS + BOOT_SECONDS)) pid="" state=""
  until pid="$(inner_pid)" && is_systemd "$pid" && [[ -S /proc/$pid/root/run/systemd/private ]]; do
    kill -0 "$OUTER" 2>/dev/null && ((SECONDS < deadline)) || failed "systemd did not start"
    sleep 0.01
  done
  # Prints "running", or "degraded" with another exit code.
  state="$(nsenter -t "$pid" -m -p -i -u -C --root --wd timeout "$BOOT_SECONDS" systemctl is-system-running --wait 2>&1)" || true
  [[ $state == running || $state == degraded ]] || failed "systemd says $state"
  echo "ready $pid $(controllers)"
}

failed() {
  echo "box: $1; its console ends:" >&2
  tail -n 20 "$BOX/console" >&2
  exit 1
}

remove() {
  local pid=""
  # PID 1 of the box: with it the kernel kills everything in there.
  if [[ -n ${OUTER-} ]]; then
    pid="$(inner_pid)" || true
    kill -KILL ${pid:+"$pid"} "$OUTER" 2>/dev/null || true
    wait "$OUTER" 2>/dev/null || true
  fi
  remove_box "$BOX"
}

remove_box() {
  local group attempt
  for group in $(cgroups_of "$(basename "$1")"); do
    # A killed process leaves its group a moment later.
    for ((attempt = 0; attempt < 200; attempt++)); do
      find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
      [[ -d $group ]] || break
      sleep 0.02
    done
  done
  rm -rf --one-file-system -- "$1"
}

# Boxes whose script was killed. A new one takes its lock within moments of making its directory.
remove_abandoned() {
  local other
  while read -r other; do
    [[ $other == "$BOX" ]] || { flock --nonblock "$other/lock" true && remove_box "$other"; } 2>/dev/null || true
  done < <(find "$(dirname "$BOX")" -maxdepth 1 -type d -name 'oroboros-box-*' -mmin +2)
}

# --- inside: the box's own root, then systemd

inside() {
  BOX="$1" NETWORK="$2" CGROUPS="$3"
  mount --make-rprivate /
  mount_root
  cd "$BOX/root"
  mount_cgroups
  mount_devices
  mount_binds
  forget_the_machine
  [[ ! -d $BOX/files ]] || tar -C "$BOX/files" -c . | tar -C . -x --no-overwrite-dir --no-same-owner
  [[ $NETWORK == host ]] || ip link set lo up
  mkdir .machine
  pivot_root . .machine
  cd /
  umount -l /.machine
  rmdir /.machine
  # Credentials and the namespaces of services rely on propagation (systemd.exec(5)).
  mount --make-rshared /
  # What has no namespace stays the machine's: its clock and its modules.
  exec setpriv --bounding-set -sys_time,-sys_module \
    /lib/systemd/systemd --system --unit=multi-user.target --log-target=journal-or-kmsg
}

mount_root() {
  mkdir -p "$BOX"/{upper,work,root,tmp,var-tmp}
  chmod 1777 "$BOX"/{tmp,var-tmp}
  # An overlay cannot stand on another one, as in a container: then the box lives in memory.
  if [[ $(stat -fc %T "$BOX") == overlayfs ]]; then
    mkdir "$BOX/memory"
    mount -t tmpfs tmpfs "$BOX/memory"
    mv "$BOX"/{upper,work} "$BOX/memory/"
    ln -s memory/upper memory/work "$BOX/"
  fi
  # Volatile: nothing of it is wanted after a power cut, so nothing waits for the disk.
  mount -t overlay overlay -o "lowerdir=/,upperdir=$BOX/upper,workdir=$BOX/work,volatile" "$BOX/root"
  cd "$BOX/root"
  mount -t proc proc proc -o nosuid,nodev,noexec
  read_only proc/sys
  read_only proc/sysrq-trigger
  mount -t sysfs sysfs sys -o ro,nosuid,nodev,noexec
  mount -t tmpfs tmpfs run -o mode=755,nosuid,nodev
  mount --bind "$BOX/tmp" tmp
  mount --bind "$BOX/var-tmp" var/tmp
}

read_only() {
  [[ -e $1 ]] || return 0
  mount --bind "$1" "$1"
  mount -o remount,bind,ro "$1"
}

mount_cgroups() {
  local hierarchy
  if [[ $CGROUPS == v2 ]]; then
    mount -t cgroup2 cgroup2 sys/fs/cgroup -o nosuid,nodev,noexec
    return
  fi
  mount -t tmpfs tmpfs sys/fs/cgroup -o mode=755,nosuid,nodev,noexec
  mkdir sys/fs/cgroup/unified sys/fs/cgroup/systemd
  mount -t cgroup2 cgroup2 sys/fs/cgroup/unified
  mount -t cgroup -o none,name=systemd,xattr cgroup sys/fs/cgroup/systemd 2>/dev/null ||
    mount -t cgroup -o none,name=systemd cgroup sys/fs/cgroup/systemd
  for hierarchy in $(awk -F: '$2 ~ /^[a-z,]+$/ {print $2}' /proc/self/cgroup); do
    mkdir "sys/fs/cgroup/$hierarchy"
    mount -t cgroup -o "$hierarchy" cgroup "sys/fs/cgroup/$hierarchy"
    # `cpu,cpuacct` is known by either name.
    [[ $hierarchy != *,* ]] || for name in ${hierarchy//,/ }; do ln -s "$hierarchy" "sys/fs/cgroup/$name"; done
  done
}

mount_devices() {
  local device name major minor
  mount -t tmpfs tmpfs dev -o mode=755
  for device in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0; do
    IFS=: read -r name major minor <<<"$device"
    mknod -m 666 "dev/$name" c "$major" "$minor"
  done
  mknod -m 600 dev/console c 1 3
  mkdir dev/pts dev/shm
  mount -t devpts devpts dev/pts -o newinstance,ptmxmode=0666,mode=620,gid=5
  mount -t tmpfs tmpfs dev/shm -o mode=1777
  ln -s pts/ptmx dev/ptmx
  ln -s /proc/self/fd dev/fd
  ln -s /proc/self/fd/0 dev/stdin
  ln -s /proc/self/fd/1 dev/stdout
  ln -s /proc/self/fd/2 dev/stderr
}

mount_binds() {
  local source target access
  [[ -f $BOX/binds ]] || return 0
  while IFS=$'\t' read -r source target access; do
    if [[ -d $source ]]; then mkdir -p ".$target"; else install -D /dev/null ".$target"; fi
    mount --bind "$source" ".$target"
    [[ $access == rw ]] || mount -o "remount,bind,$access" ".$target"
  done <"$BOX/binds"
}

# The packages of the machine, without its settings: no service is enabled, no cluster exists, nothing else is mounted.
forget_the_machine() {
  local unit
  rm -rf etc/systemd/system etc/rc?.d etc/cron.d etc/fstab etc/postgresql/* var/lib/postgresql/* var/lib/redis/* \
    var/log/journal var/lib/systemd
  mkdir -p etc/systemd/system var/lib/systemd
  for unit in "${MASKED[@]}"; do ln -s /dev/null "etc/systemd/system/$unit"; done
  rm -f usr/sbin/policy-rc.d
  # Rules for packets would be the machine's.
  if [[ $NETWORK == host ]]; then mount --bind bin/false usr/sbin/nft; fi
  tr -d - </proc/sys/kernel/random/uuid >etc/machine-id
  hostname "${BOX##*/oroboros-}"
  hostname >etc/hostname
  printf '127.0.0.1 localhost\n::1 localhost\n127.0.1.1 %s\n' "$(hostname)" >etc/hosts
}

if [[ ${1-} == --inside ]]; then inside "${@:2}"; else main "$@"; fi
