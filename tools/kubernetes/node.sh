#!/usr/bin/env bash
# The inside of with-node.sh: process 1 of its own namespaces. All files of its parts are in one folder, or in memory.
#
#   node.sh PROGRAMS FOLDER GROUP COMMAND…
set -euo pipefail

bin=$1 dir=$2 group=$3
shift 3
ip=10.98.0.1
here=$PWD
export PATH=$bin:$PATH
hostname node
ip link set lo up
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/log
mount -t tmpfs tmpfs /var/lib/cni
mkdir -p "$dir"/{cni,kubelet,opt,plugins} /run/netns
# The kubelet sets these. They are of the whole machine, so it gets files of its own to write to.
for setting in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops kernel/keys/root_maxkeys kernel/keys/root_maxbytes; do
    cat "/proc/sys/$setting" >"$dir/${setting##*/}"
    mount --bind "$dir/${setting##*/}" "/proc/sys/$setting"
done
mount --make-rshared /

# One bridge: the node is its gateway, and pods are on it.
ip link add k8s0 type bridge
ip addr add $ip/24 dev k8s0
ip link set k8s0 up
ip route add default dev k8s0
echo 1 >/proc/sys/net/ipv4/ip_forward
[ ! -e /proc/sys/net/bridge/bridge-nf-call-iptables ] || echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables
cat >"$dir/cni/pods.conflist" <<END
{"cniVersion": "0.4.0", "name": "pods", "plugins": [{"type": "bridge", "bridge": "k8s0", "isDefaultGateway": true, "hairpinMode": true,
  "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.98.0.0/24", "rangeStart": "10.98.0.10", "gateway": "$ip"}]]}}]}
END

cd "$dir"
openssl genrsa -out sa.key 2048 2>/dev/null
openssl rsa -in sa.key -pubout -out sa.pub 2>/dev/null
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=ca -keyout ca.key -out ca.crt -days 1 2>/dev/null
certificate() { # NAME SUBJECT EXTENSIONS
    openssl req -newkey rsa:2048 -nodes -subj "$2" -keyout "$1.key" -out "$1.csr" 2>/dev/null
    openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 1 -extfile <(printf '%s' "$3") -out "$1.crt" 2>/dev/null
}
certificate api /CN=kube-apiserver "subjectAltName=IP:$ip,IP:10.96.0.1,DNS:kubernetes.default.svc"
certificate kubelet /CN=node "subjectAltName=IP:$ip,DNS:node"
certificate client "/O=system:masters/CN=apiserver-client" extendedKeyUsage=clientAuth
token=$(openssl rand -hex 16)
(umask 077 && echo "$token,admin,1,\"system:masters\"" >tokens.csv)
cat >kubeconfig <<END
apiVersion: v1
kind: Config
clusters: [{name: node, cluster: {server: "https://$ip:6443", certificate-authority: $dir/ca.crt}}]
users: [{name: admin, user: {token: $token}}]
contexts: [{name: node, context: {cluster: node, user: admin}}]
current-context: node
END
export KUBECONFIG=$dir/kubeconfig

cat >containerd.toml <<END
version = 2
[plugins."io.containerd.internal.v1.opt"]
  path = "$dir/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "local/pause:1"
  restrict_oom_score_adj = true # lowering it needs a capability that root of a container lacks
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$dir/cni"
END
cat >kubelet.yaml <<END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $ip
authentication: {anonymous: {enabled: false}, webhook: {enabled: false}, x509: {clientCAFile: $dir/ca.crt}}
authorization: {mode: AlwaysAllow}
tlsCertFile: $dir/kubelet.crt
tlsPrivateKeyFile: $dir/kubelet.key
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
cgroupDriver: cgroupfs
cgroupRoot: $group
failCgroupV1: false
failSwapOn: false
enforceNodeAllocatable: []
resolvConf: ""
makeIPTablesUtilChains: false
evictionHard: {memory.available: "0%", nodefs.available: "0%", nodefs.inodesFree: "0%", imagefs.available: "0%", imagefs.inodesFree: "0%"}
imageGCHighThresholdPercent: 100
syncFrequency: 10s
volumePluginDir: $dir/plugins
END
cat >proxy.yaml <<END
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
bindAddress: $ip
clusterCIDR: 10.98.0.0/24
clientConnection: {kubeconfig: $dir/kubeconfig}
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
iptables: {minSyncPeriod: 0s}
healthzBindAddress: 127.0.0.1:10256
metricsBindAddress: 127.0.0.1:10249
END

start() { "$@" >"$dir/${1##*/}.log" 2>&1 & }
# until_ok TRIES COMMAND…: waits for the command to succeed.
until_ok() {
    local tries=$1
    shift
    for _ in $(seq "$tries"); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.2
    done
    echo "the node did not get ready: $*" >&2
    tail -n 5 "$dir"/*.log >&2
    exit 1
}
start containerd --config containerd.toml --root "$dir/containerd" --state /run/containerd
start etcd --data-dir "$dir/etcd" --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
    --listen-peer-urls http://127.0.0.1:2380 --log-level error --unsafe-no-fsync
start kube-apiserver --etcd-servers=http://127.0.0.1:2379 --bind-address=$ip --advertise-address=$ip --secure-port=6443 \
    --tls-cert-file=api.crt --tls-private-key-file=api.key --token-auth-file=tokens.csv --authorization-mode=RBAC \
    --service-account-key-file=sa.pub --service-account-signing-key-file=sa.key --service-account-issuer=https://kubernetes.default.svc \
    --kubelet-client-certificate=client.crt --kubelet-client-key=client.key --kubelet-certificate-authority=ca.crt \
    --kubelet-preferred-address-types=InternalIP --service-cluster-ip-range=10.96.0.0/24 --allow-privileged=false
until_ok 600 kubectl get --raw /readyz
start kube-controller-manager --kubeconfig=kubeconfig --root-ca-file=ca.crt --service-account-private-key-file=sa.key \
    --use-service-account-credentials=false --leader-elect=false --bind-address=127.0.0.1
start kube-scheduler --kubeconfig=kubeconfig --leader-elect=false --bind-address=127.0.0.1
start kube-proxy --config proxy.yaml --hostname-override node
start kubelet --config kubelet.yaml --kubeconfig kubeconfig --hostname-override node --node-ip $ip --root-dir "$dir/kubelet" --cert-dir "$dir"
until_ok 600 kubectl wait --for=condition=Ready node/node --timeout=1s
until_ok 300 kubectl get serviceaccount default
cd "$here"
"$@"
