//! The `kubectl-openbao` executable: everything is in the library.

fn main() -> std::process::ExitCode {
    kubectl_openbao::cli::main()
}
