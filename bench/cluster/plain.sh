#!/bin/bash
# The cluster of playbooks/site.mts by ssh, apt, kubeadm, helm and kubectl alone: what somebody writes who has done it
# before. Only what kubeadm cannot do twice is guarded, so that the script can be run again.
#
#   bench/cluster/plain.sh FOLDER [LAST]
#
# FOLDER has `settings` (variables of this script), `common` (files of every node) and a folder of each node. On stdout
# is a line `== NAME` as each stage begins; what is done goes to FOLDER/log. LAST is the stage
# to stop after.
set -euo pipefail
folder=$(cd "$1" && pwd)
last=${2:-}
. "$folder/common/settings"

log=$folder/log
mkdir -p "$log"
private=$(mktemp -d)
ssh=(ssh -F none -i "$SSH_KEY" -l "$SSH_USER" -o BatchMode=yes -o "UserKnownHostsFile=$KNOWN_HOSTS"
  -o ControlMaster=auto -o "ControlPath=$private/%h" -o ControlPersist=5m)
leave() {
  for node in $NODES; do "${ssh[@]}" -O exit "${ADDRESS[$node]}" 2>/dev/null || :; done
  rm -rf "$private"
}
trap leave EXIT

now=
stage() {
  [ -z "$last" ] || [ "$now" != "$last" ] || exit 0
  now=$1
  echo "== $1"
}

# on NODE FUNCTION ARGUMENT…: a function of this script there, as root, among the node's files.
on() {
  local node=$1
  shift
  {
    echo 'set -euo pipefail; cd /root/cluster; . ./settings; export KUBECONFIG=/etc/kubernetes/admin.conf'
    declare -f apt_get put retry "$1"
    printf '%q ' "$@"
  } | "${ssh[@]}" "${ADDRESS[$node]}" sudo bash -s
}

# each NODES COMMAND NODE ARGUMENT…: on all of them at once, NODE being left out; fails when one of them has.
each() {
  local nodes=$1 command=$2 name=${3:-$2} failed='' node
  local -A pids=()
  shift 2
  for node in $nodes; do
    "$command" "$node" "$@" >>"$log/$node.$name" 2>&1 &
    pids[$node]=$!
  done
  for node in $nodes; do wait "${pids[$node]}" || failed+=" $node"; done
  [ -z "$failed" ] && return
  for node in $failed; do tail -n 15 "$log/$node.$name" | sed "s/^/$node: /" >&2; done
  exit 1
}

# --- on the nodes

# What is there already is left as it is, as the roles leave it.
apt_get() {
  DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 --no-install-recommends --no-upgrade "$@"
}

# put FILE MODE PATH: succeeds where it was another one, or none.
put() {
  mkdir -p "${3%/*}"
  if cmp -s "$1" "$3"; then return 1; fi
  install -m "$2" "$1" "$3" || exit
}

# retry SECONDS COMMAND…
retry() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 1
  done
}

prepare() {
  local line
  # A node that finds itself there would tell others an address that is no use to them.
  sed -i '/^127\.0\.1\.1[[:space:]]/d' /etc/hosts
  while read -r line; do grep -qxF "$line" /etc/hosts || echo "$line" >>/etc/hosts; done <hosts
  put hostname 0644 /etc/hostname || :
  hostname "$(cat hostname)"
  sed -i '/^[^#].*[[:space:]]swap[[:space:]]/s/^/#/' /etc/fstab
  [ "$(wc -l </proc/swaps)" -le 1 ] || swapoff -a
  apt_get update
  # shellcheck disable=SC2086
  apt_get install $BASE_PACKAGES containerd
  put modules.conf 0644 /etc/modules-load.d/kubernetes.conf || :
  # shellcheck disable=SC2046
  modprobe -a $(cat modules.conf)
  put sysctl.conf 0644 /etc/sysctl.d/90-kubernetes.conf || :
  sysctl -q -p /etc/sysctl.d/90-kubernetes.conf
  local registry
  for registry in certs.d/*; do put "$registry/hosts.toml" 0644 "/etc/containerd/$registry/hosts.toml" || :; done
  put crictl.yaml 0644 /etc/crictl.yaml || :
  systemctl -q enable containerd
  if put config.toml 0644 /etc/containerd/config.toml; then systemctl restart containerd; fi
}

balance() {
  apt_get install haproxy keepalived procps
  systemctl -q enable haproxy keepalived
  haproxy -c -f haproxy.cfg
  if put haproxy.cfg 0644 /etc/haproxy/haproxy.cfg; then systemctl restart haproxy; fi
  keepalived --config-test --use-file keepalived.conf
  if put keepalived.conf 0600 /etc/keepalived/keepalived.conf; then systemctl restart keepalived; fi
}

packages() {
  local name
  for name in kubernetes helm; do
    [ -e "$name.sources" ] || continue
    put "$name.asc" 0644 "/etc/apt/keyrings/$name.asc" || :
    put "$name.sources" 0644 "/etc/apt/sources.list.d/$name.sources" || :
  done
  apt_get update
  apt_get --allow-change-held-packages install conntrack ethtool iptables socat "kubelet=$KUBERNETES-*" \
    "kubeadm=$KUBERNETES-*" "kubectl=$KUBERNETES-*" "cri-tools=${KUBERNETES%.*}.*" ${1:+"helm=$1*"}
  apt-mark hold kubelet kubeadm kubectl cri-tools
  for name in patches/*; do put "$name" 0644 "/etc/kubernetes/$name" || :; done
}

init() {
  [ -e /etc/kubernetes/admin.conf ] ||
    kubeadm init --config init.yaml --upload-certs --skip-token-print --skip-certificate-key-print
  rm -f init.yaml
  retry 60 curl -ksf -o /dev/null "https://$ENDPOINT/readyz"
}

authority() {
  openssl x509 -pubkey -noout -in /etc/kubernetes/pki/ca.crt | openssl pkey -pubin -outform der | sha256sum |
    sed 's/ .*//'
}

join() {
  sed -i "s/@AUTHORITY@/sha256:$1/" join.yaml
  [ -e /etc/kubernetes/kubelet.conf ] || kubeadm join --config join.yaml
  rm -f join.yaml
  retry 60 curl -ksf -o /dev/null "https://$ENDPOINT/readyz"
}

network() {
  kubectl apply --server-side -f kube-flannel.json
  helm upgrade --install flannel flannel --repo "$CHARTS" --version "$FLANNEL" --namespace kube-flannel \
    --values flannel.json --wait --timeout 10m
  kubectl -n kube-flannel rollout status daemonset/kube-flannel-ds --timeout 10m
  kubectl wait --for condition=Ready nodes --all --timeout 10m
}

load_balancer() {
  kubectl apply --server-side -f metallb-system.json
  helm upgrade --install metallb metallb --repo "$CHARTS" --version "$METALLB" --namespace metallb-system \
    --values metallb.json --wait --timeout 10m
  # Its webhook refuses for a moment after it is said to be ready.
  retry 120 kubectl apply --server-side -f pools.json
}

smoke_test() {
  local k="kubectl -n $TEST_NAMESPACE" dns=svc.cluster.local
  same() { [ "$("$@")" = "$TEST_LINE" ]; }
  kubectl delete namespace "$TEST_NAMESPACE" --ignore-not-found
  kubectl create -f test-namespace.json
  retry 30 $k apply -f test.json
  $k wait --for condition=Ready pod/server pod/client --timeout 120s
  retry 30 same $k logs server
  retry 30 same $k logs client
  retry 30 same $k exec client -- echo "$TEST_LINE"
  retry 30 $k exec client -- nslookup "kubernetes.default.$dns"
  retry 30 $k exec client -- nslookup "server.$TEST_NAMESPACE.$dns"
  retry 30 same $k exec client -- wget -T 5 -q -O - "http://server.$TEST_NAMESPACE.$dns/"
  kubectl delete namespace "$TEST_NAMESPACE" --timeout 60s
}

# --- from here

# A token and a key of this run, in files that only root can read; the authority is known later.
token=$(openssl rand -hex 3).$(openssl rand -hex 8)
key=$(openssl rand -hex 32)
copy() {
  local name text
  for name in init.yaml join.yaml; do
    [ -e "$folder/$1/$name" ] || continue
    text=$(<"$folder/$1/$name")
    text=${text//@TOKEN@/$token}
    (umask 077 && printf '%s\n' "${text//@KEY@/$key}" >"$private/$1.$name")
  done
  tar -c -C "$folder/common" . -C "$folder/$1" --exclude init.yaml --exclude join.yaml . \
    -C "$private" --transform "s/^$1\\.//" $(cd "$private" && echo "$1".*.yaml) |
    "${ssh[@]}" "${ADDRESS[$1]}" 'sudo sh -c "rm -rf /root/cluster; umask 077; mkdir /root/cluster; tar -x -C /root/cluster"'
}

stage connect
each "$NODES" copy
stage prepare
each "$NODES" on prepare
stage balancer
each "$CONTROL_PLANES" on balance
stage packages
each "$WORKERS" on packages &
workers=$!
each "$CONTROL_PLANES" on packages "$HELM"
wait "$workers"
stage init
each "$FIRST" on init
authority=$(on "$FIRST" authority)
stage joins
for node in $OTHERS; do each "$node" on join "$authority"; done
stage worker
each "$WORKERS" on join "$authority"
stage network
each "$FIRST" on network
stage "load balancer"
each "$FIRST" on load_balancer
stage "smoke test"
each "$FIRST" on smoke_test
