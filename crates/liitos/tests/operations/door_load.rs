//! The front door under load: renewed while calls go on, and crowded by one address.

use crate::door_faults::{JOINER, backend};
use crate::doors::Doors;
use liitos_domain::Sha256Hash;
use liitos_gateway::{Gateway, wall_clock};
use liitos_testkit::Database;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// A backend that is content with everything.
async fn content() -> SocketAddr {
    backend(|_, mut stream, _| async move {
        let mut more = vec![0; 64 * 1024];
        loop {
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
            if stream.write_all(answer).await.is_err() || stream.read(&mut more).await.unwrap_or(0) == 0 {
                return;
            }
        }
    })
    .await
}

/// The gateway's own certificate is renewed while calls go on: none fails, and who connects then is shown the new one.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_renewed_under_load() {
    let doors = Doors::open(Database::Sqlite).await;
    let address = content().await;
    let config = doors.before("renewed", address, "").await;
    let (folder, now) = (&doors.sandbox.folder, doors.sandbox.app.now());
    let files = [config.certificate.clone(), config.key.clone()];
    let gateway = Gateway::bind(config, wall_clock()).unwrap();
    let (at, reload) = (gateway.address().unwrap(), gateway.reloader());
    tokio::spawn(gateway.for_ever());
    let shown = async || {
        let tls = doors.peer_at(at).handshake().await.unwrap();
        Sha256Hash::of(&tls.get_ref().1.peer_certificates().unwrap()[0])
    };
    let before = shown().await;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let calling: Vec<_> = (0..4)
        .map(|_| {
            let (peer, stopped) = (doors.peer_at(at), stopped.clone());
            tokio::spawn(async move {
                let mut calls = 0;
                while !*stopped.borrow() {
                    let mut connection = peer.connect().await.unwrap();
                    for _ in 0..5 {
                        let answer = connection.fetch("1.2.3", JOINER).await.unwrap();
                        assert_eq!(answer.status, 200);
                        calls += 1;
                    }
                }
                calls
            })
        })
        .collect();
    let mut seen = vec![before];
    for number in 0..3 {
        let profile = liitos_pki::authority::Profile {
            addresses: vec![[127, 0, 0, 1].into()],
            serial_number: None,
            ..liitos_pki::authority::Profile::server("", "localhost")
        };
        let next = doors.sandbox.pki.authority.issue(&profile, now).unwrap();
        std::fs::write(&files[0], &next.certificate_pem).unwrap();
        if number == 0 {
            assert!(reload().is_err(), "certificate and key do not fit yet");
            assert_eq!(shown().await, before, "the one before stays");
        }
        std::fs::write(&files[1], &next.key_pem).unwrap();
        reload().unwrap();
        let after = shown().await;
        assert_eq!(after, Sha256Hash::of(&next.certificate_der));
        assert!(!seen.contains(&after), "{folder:?}");
        seen.push(after);
    }
    stop.send(true).unwrap();
    for calls in calling {
        assert!(calls.await.unwrap() > 0, "calls went on");
    }
}

/// So many connection attempts from one address: those beyond its places end at once, and an honest peer from elsewhere gets in.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_attempts_from_one_address() {
    let doors = Doors::open(Database::Sqlite).await;
    let address = content().await;
    let config = doors.before("crowd", address, "[limits]\nconnections_per_address = 8\n").await;
    let gateway = doors.start(config);
    let attempts = (0..4).map(|_| {
        tokio::spawn(async move {
            for _ in 0..25_000 {
                // From an address of its own: the other end of loopback.
                let socket = tokio::net::TcpSocket::new_v4().unwrap();
                socket.set_reuseaddr(true).unwrap();
                socket.bind(([127, 0, 0, 9], 0).into()).unwrap();
                if let Ok(stream) = socket.connect(gateway).await {
                    // Ended without waiting, so that no port is used up.
                    let _ = stream.set_zero_linger();
                }
            }
        })
    });
    let attempts: Vec<_> = attempts.collect();
    for _ in 0..5 {
        let mut connection = doors.peer_at(gateway).connect().await.unwrap();
        assert_eq!(connection.fetch("1.2.3", JOINER).await.unwrap().status, 200);
    }
    for attempt in attempts {
        attempt.await.unwrap();
    }
    let mut connection = doors.peer_at(gateway).connect().await.unwrap();
    assert_eq!(connection.fetch("1.2.3", JOINER).await.unwrap().status, 200, "and afterwards");
}
