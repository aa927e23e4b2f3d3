// A bucket that answers list requests from memory, for `benches/list`: the standard library only.
module kubectl-openbao/list-server

go 1.24
