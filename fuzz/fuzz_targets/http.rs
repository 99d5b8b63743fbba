//! What the door reads of HTTP: heads of requests and answers, chunked bodies in any pieces.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    liitos_gateway::read_as_http(bytes);
});
