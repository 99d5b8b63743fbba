//! The collection point's configuration: TOML, every key checked, faults with file, line and key.

use crate::config::{ConfigError, read};
use ipnet::IpNet;
use liitos_domain::directory::{LinkRole, Network};
use liitos_domain::plan::Hall;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

/// The configuration file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CollectConfig {
    /// Where it listens.
    #[serde(rename = "listener")]
    pub listeners: Vec<Listener>,
    /// Where connections go.
    #[serde(rename = "route")]
    pub routes: Vec<Route>,
    /// Where its counts and its health can be read (HTTP, `/metrics` and `/health`); absent: nowhere.
    pub status: Option<SocketAddr>,
    /// Limits.
    #[serde(default)]
    pub limits: Limits,
}

/// A place that is listened on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listener {
    /// Its name, by which routes mean it.
    pub name: String,
    /// The address.
    pub address: SocketAddr,
}

/// Where some connections go. Every condition that is given must hold.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Its name, by which it is counted and logged: an access point's OID, say.
    pub name: String,
    /// The listeners it is for; none: all.
    #[serde(default)]
    pub listeners: BTreeSet<String>,
    /// The server names that clients ask for; none: whatever name, or none at all.
    #[serde(default)]
    pub server_names: BTreeSet<String>,
    /// Where clients may come from; none: from anywhere.
    #[serde(default)]
    pub sources: Vec<IpNet>,
    /// Most connections at once, so that one route leaves room for the others.
    #[serde(default = "route_connections")]
    pub connections: usize,
    /// Where it leads, tried in the order of [`Target::rank`], then as written.
    #[serde(rename = "target")]
    pub targets: Vec<Target>,
}

/// An end that a route leads to.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Its address.
    pub address: SocketAddr,
    /// Over which kind of network it is reached.
    #[serde(default = "private")]
    pub network: Network,
    /// Primary or backup.
    #[serde(default = "primary")]
    pub role: LinkRole,
    /// Which of Kanta's halls it is; for people.
    pub hall: Option<Hall>,
    /// Whether it is told the client's own address first (PROXY protocol, version 2).
    #[serde(default)]
    pub proxy_header: bool,
}

impl Target {
    /// Primary before backup, and private networks before public ones (guide 5.1).
    #[must_use]
    pub const fn rank(&self) -> (LinkRole, Network) {
        (self.role, self.network)
    }
}

/// Limits that protect the collection point and those behind it.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// Of them from one address.
    pub connections_per_address: usize,
    /// Seconds for a client's first message.
    pub hello_seconds: u64,
    /// Seconds for a target to take a call.
    pub connect_seconds: u64,
    /// Seconds after which a connection on which nothing passes either way is ended.
    pub silence_seconds: u64,
    /// Seconds between looks whether a target answers.
    pub probe_seconds: u64,
    /// Seconds that connections may take to end once the collection point is told to stop.
    pub drain_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            connections_per_address: 1_000,
            hello_seconds: 5,
            connect_seconds: 3,
            silence_seconds: 600,
            probe_seconds: 5,
            drain_seconds: 30,
        }
    }
}

impl Limits {
    pub(super) const fn hello(&self) -> Duration {
        Duration::from_secs(self.hello_seconds)
    }

    pub(super) const fn connect(&self) -> Duration {
        Duration::from_secs(self.connect_seconds)
    }

    pub(super) const fn silence(&self) -> Duration {
        Duration::from_secs(self.silence_seconds)
    }

    pub(super) const fn probe(&self) -> Duration {
        Duration::from_secs(self.probe_seconds)
    }

    pub(super) const fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }
}

const fn route_connections() -> usize {
    1_000
}

const fn private() -> Network {
    Network::Private
}

const fn primary() -> LinkRole {
    LinkRole::Primary
}

impl CollectConfig {
    /// Reads and checks a configuration file.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = String::from_utf8_lossy(&read(path)?).into_owned();
        Self::parse(&text).map_err(|problem| ConfigError::Text { path: path.to_owned(), problem })
    }

    /// Reads and checks a configuration.
    ///
    /// # Errors
    /// What is wrong, with line and key where TOML tells them.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut config: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        config.sound()?;
        for route in &mut config.routes {
            route.targets.sort_by_key(Target::rank);
            route.server_names = route.server_names.iter().map(|name| name.to_ascii_lowercase()).collect();
        }
        Ok(config)
    }

    fn sound(&self) -> Result<(), String> {
        let listeners: BTreeSet<&str> = self.listeners.iter().map(|listener| listener.name.as_str()).collect();
        let routes: BTreeSet<&str> = self.routes.iter().map(|route| route.name.as_str()).collect();
        if self.listeners.is_empty() || listeners.len() != self.listeners.len() {
            return Err("listener: at least one, each with a name of its own".into());
        }
        if self.routes.is_empty() || routes.len() != self.routes.len() {
            return Err("route: at least one, each with a name of its own".into());
        }
        for route in &self.routes {
            if let Some(unknown) = route.listeners.iter().find(|name| !listeners.contains(name.as_str())) {
                return Err(format!("route {}: listeners: there is no listener {unknown}", route.name));
            }
            if route.targets.is_empty() {
                return Err(format!("route {}: target: at least one", route.name));
            }
        }
        let seconds = [
            ("hello_seconds", self.limits.hello_seconds),
            ("connect_seconds", self.limits.connect_seconds),
            ("silence_seconds", self.limits.silence_seconds),
            ("probe_seconds", self.limits.probe_seconds),
        ];
        match seconds.into_iter().find(|(_, seconds)| *seconds == 0) {
            Some((key, _)) => Err(format!("limits.{key}: at least 1")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str = r#"
        [[listener]]
        name = "up"
        address = "127.0.0.1:0"
        [[route]]
        name = "door"
        server_names = ["Kanta.Esimerkki.test"]
        [[route.target]]
        address = "127.0.0.1:1"
        role = "backup"
        [[route.target]]
        address = "127.0.0.1:2"
        network = "public"
        [[route.target]]
        address = "127.0.0.1:3"
    "#;

    #[test]
    fn targets_stand_in_the_order_they_are_tried() {
        let config = CollectConfig::parse(SOUND).unwrap();
        let ports: Vec<u16> = config.routes[0].targets.iter().map(|target| target.address.port()).collect();
        assert_eq!(ports, [3, 2, 1], "primary before backup, private before public");
        assert!(config.routes[0].server_names.contains("kanta.esimerkki.test"));
    }

    #[test]
    fn faults_are_named() {
        for (wrong, said) in [
            (SOUND.replace("name = \"up\"", "name = \"up\"\nkey = \"server.key\""), "unknown field `key`"),
            (SOUND.replace("server_names", "listeners = [\"down\"]\nserver_names"), "no listener down"),
            (SOUND.replace("address = \"127.0.0.1:2\"", "address = \"here\""), "line"),
            (format!("{SOUND}\n[[route]]\nname = \"door\"\ntarget = [{{ address = \"127.0.0.1:9\" }}]"), "of its own"),
            (SOUND.replace("[[route.target]]", "[[route.goal]]"), "goal"),
            (format!("{SOUND}\n[limits]\nhello_seconds = 0"), "limits.hello_seconds"),
        ] {
            let error = CollectConfig::parse(&wrong).unwrap_err();
            assert!(error.contains(said), "{said}: {error}");
        }
    }
}
