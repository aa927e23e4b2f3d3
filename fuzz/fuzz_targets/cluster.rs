#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kubectl_openbao_fuzz::oracles::cluster::check(data));
