#!/usr/bin/env bash
# Runs a command beside a Kubernetes node: etcd, API server, controller manager, scheduler, proxy, kubelet and containerd, in
# namespaces of their own. The node has no way out, binds nothing on this machine, and ends with the command.
#
#   tools/kubernetes/with-node.sh FOLDER COMMAND…
#   tools/kubernetes/with-node.sh                   says what is missing on this machine
#
# FOLDER has the programs of tools/kubernetes/node. The command finds kubectl, and the cluster in KUBECONFIG. ClusterIPs from
# Services can use 10.96.0.2 to 10.96.0.16. Pods are in 10.98.0.0/24. The node does not have DNS.
set -euo pipefail

lacking=()
[ "$(id -u)" -eq 0 ] || lacking+=(root)
unshare --net --mount --pid --uts --ipc --fork true 2>/dev/null || lacking+=('the right to create namespaces')
for command in containerd ctr runc iptables conntrack ip openssl setpriv busybox; do
    command -v "$command" >/dev/null || lacking+=("$command")
done
[ -x /usr/lib/cni/bridge ] || lacking+=('CNI plugins')
if [ "${#lacking[@]}" -gt 0 ]; then
    printf -v list '%s, ' "${lacking[@]}"
    echo "A Kubernetes node needs Linux as root, and these are missing: ${list%, }; install: apt-get install" \
        "--no-install-recommends containerd runc containernetworking-plugins iptables conntrack iproute2 openssl busybox-static" >&2
    exit 1
fi
[ "$#" -gt 0 ] || exit 0
bin=$(realpath "$1")
shift

# Control groups are the one thing that no namespace takes along. This node has its own, away from the groups of a kubelet of the machine.
groups_of() { find /sys/fs/cgroup -depth -type d -path "*/$1*" 2>/dev/null || true; }
remove_groups() {
    for _ in $(seq 50); do
        groups_of "$1" | xargs -r rmdir 2>/dev/null || true
        [ -n "$(groups_of "$1")" ] || return 0
        sleep 0.1
    done
}
temporary=${TMPDIR:-/tmp}
# Nodes that were killed leave this behind.
for old in $({ groups_of clientcreds-node-; ls -d "$temporary"/clientcreds-node-* 2>/dev/null || true; } |
    sed -n 's|.*/\(clientcreds-node-[0-9]*\)$|\1|p' | sort -u); do
    kill -0 "${old##*-}" 2>/dev/null && continue
    remove_groups "$old"
    rm -rf "${temporary:?}/$old"
done
group=clientcreds-node-$$
dir=$temporary/$group
mkdir -m 700 "$dir"
made=
[ -d /var/lib/cni ] || made=/var/lib/cni # a cache of the CNI plugins, which has no option
node=

# shellcheck disable=SC2317 # called by the trap
stop() {
    trap '' INT TERM
    [ -z "$node" ] || kill -KILL "$node" 2>/dev/null || true # its namespaces take processes, mounts and network with them
    { wait || true; } 2>/dev/null # without a word on what was killed
    remove_groups "$group"
    rm -rf "$dir"
    [ -z "$made" ] || rmdir "$made" 2>/dev/null || true
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

mkdir -p /var/lib/cni
for controller in /sys/fs/cgroup /sys/fs/cgroup/*; do
    [ -f "$controller/cgroup.procs" ] || continue
    mkdir "$controller/$group"
    for file in cpuset.cpus cpuset.mems; do
        [ ! -f "$controller/cgroup.clone_children" ] || [ ! -f "$controller/$file" ] || cat "$controller/$file" >"$controller/$group/$file"
    done
done
setpriv --pdeathsig KILL unshare --net --mount --pid --uts --ipc --fork --kill-child --mount-proc \
    "$(dirname "$0")/node.sh" "$bin" "$dir" "/$group" "$@" &
node=$!
status=0
wait "$node" || status=$?
node=
exit "$status"
