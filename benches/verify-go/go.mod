// The peer of `benches/verify`, and what writes its snapshots: the standard library only.
module kubectl-openbao/verify

go 1.24
