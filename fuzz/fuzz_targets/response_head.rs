#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| aikore::proxy::fuzzing::response_head(bytes));
