#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| aikore::proxy::fuzzing::urls(text));
