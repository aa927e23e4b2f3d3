//! The `kubectl-openbao` executable: everything is in the library.

#[cfg(all(no_unwind_tables, panic = "unwind"))]
compile_error!("build.rs drops the tables that unwinding needs: a profile with opt-level \"z\" must have panic = \"abort\"");

fn main() -> std::process::ExitCode {
    kubectl_openbao::cli::main()
}
