//! `liitos demo [--tour]`.

use super::Ended;
use crate::sandbox::persons::PERSONS;
use crate::sandbox::{Options, Sandbox, tour};
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct Demo {
    /// Walk through the main job and end: exit 0 only if every step held for its stated reason.
    #[arg(long)]
    tour: bool,
    /// The folder for throw-away data; a new one under the system's temporary folder when absent.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Where the portal listens; the others take the four ports after it. Port 0 takes free ones.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The database; an SQLite file in the folder when absent.
    #[arg(long)]
    database: Option<String>,
}

pub(crate) async fn run(demo: Demo) -> Ended {
    let clock = crate::adapters::SystemClock;
    let begun = liitos_service::ports::Clock::now(&clock);
    let throw_away = demo.dir.is_none();
    let folder = demo.dir.unwrap_or_else(|| std::env::temp_dir().join(format!("liitos-demo-{}", std::process::id())));
    let listen =
        if demo.tour && demo.listen.port() == 8080 { SocketAddr::new(demo.listen.ip(), 0) } else { demo.listen };
    let sandbox = match Sandbox::start(Options { folder: folder.clone(), listen, database: demo.database }).await {
        Ok(sandbox) => sandbox,
        Err(error) => return Ended::BadInput(error.to_string()),
    };
    let ready = (liitos_service::ports::Clock::now(&clock).as_micros() - begun.as_micros()) / 1000;
    say!("Liitos demo, ready after {ready} ms. Everything is throw-away, in {}\n", folder.display());
    let walked = tour::walk(&sandbox, tour::WITHIN, &mut |step| say!("{step}")).await;
    let ended = match walked {
        Ok(()) => {
            say!("\nEvery step held for its stated reason.");
            Ended::Fine
        }
        Err(broken) => {
            say!("\nNOT HELD: {broken}");
            Ended::Finding
        }
    };
    if !demo.tour && matches!(ended, Ended::Fine) {
        addresses(&sandbox);
        let _ = tokio::signal::ctrl_c().await;
    }
    if throw_away {
        let _ = std::fs::remove_dir_all(&folder);
    }
    ended
}

fn addresses(sandbox: &Sandbox) {
    let (portal, helpers) = (sandbox.portal_address(), sandbox.addresses.helpers);
    say!("\nPortal          {portal}");
    say!(
        "Mails           {portal}/office/messages (the outbox, as the operator), http://{helpers}/mail and http://{helpers}/sms (what arrived)"
    );
    say!(
        "Gateway         https://{} (mutual TLS; authority: {})",
        sandbox.addresses.gateway,
        sandbox.folder.join("issuers.pem").display()
    );
    say!("\nTest persons (sign in, choose one):");
    for person in PERSONS {
        say!("  {:<18} {}", person.name, person.note);
    }
    say!("\nStop with Ctrl-C.");
}
