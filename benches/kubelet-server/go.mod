// A kubelet that serves one container's log, for `benches/logs`: the standard library only.
module kubectl-openbao/kubelet-server

go 1.24
