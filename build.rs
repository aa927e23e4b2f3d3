//! What the linker leaves out of the program that is shipped.
//!
//! The profile `dist` ends a panic at once, so nobody ever reads the tables by which a panic unwinds: two megabytes.
//! Every other build keeps them.

use std::env;
use std::fs;
use std::path::Path;

/// Sections that only unwinding reads. The C runtime's own objects hold the ends of the tables, and refer to them.
const WITHOUT_TABLES: &str = "SECTIONS { /DISCARD/ : {
    *(EXCLUDE_FILE(*crtbegin*.o *crtend*.o) .eh_frame)
    *(.gcc_except_table .gcc_except_table.*)
} } INSERT AFTER .text;
";

fn main() -> std::io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(no_unwind_tables)");
    let is = |name: &str, wanted: &str| env::var(name).is_ok_and(|value| value == wanted);
    // Build scripts are not told what the profile does about panics; of all profiles only `dist` optimizes for size, and
    // `main.rs` does not compile if that ever stops being the one that aborts.
    if !is("CARGO_CFG_TARGET_OS", "linux") || !is("OPT_LEVEL", "z") {
        return Ok(());
    }
    let script = Path::new(&env::var("OUT_DIR").map_err(std::io::Error::other)?).join("without-tables.ld");
    fs::write(&script, WITHOUT_TABLES)?;
    println!("cargo::rustc-cfg=no_unwind_tables");
    println!("cargo::rustc-link-arg-bins=-Wl,--no-eh-frame-hdr");
    println!("cargo::rustc-link-arg-bins=-T{}", script.display());
    // Relocations in a tenth of the room. The C library must know that form: musl is linked in and does; glibc does
    // from 2.36 on.
    if is("CARGO_CFG_TARGET_ENV", "musl") {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    Ok(())
}
