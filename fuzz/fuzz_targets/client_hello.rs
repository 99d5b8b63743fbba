//! What a collection point reads before it passes a connection on: a TLS client's first message, and PROXY headers.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = liitos_pki::client_hello::read(bytes);
    let _ = liitos_gateway::collect::proxy_header::read(bytes);
});
