//! Which way a connection goes: by the listener it came to, the name it asks for and where it comes from.

use super::config::Route;
use std::net::IpAddr;

/// What is known of a connection before it is passed on.
pub(super) struct Arrival<'a> {
    pub(super) listener: &'a str,
    pub(super) server_name: Option<&'a str>,
    pub(super) source: IpAddr,
}

/// The number of the first route whose every condition holds. Those that name the server name come before those that ask
/// only where a client comes from, and these before the rest.
pub(super) fn choose(routes: &[Route], arrival: &Arrival<'_>) -> Option<usize> {
    let fits = |route: &Route| {
        let listener = route.listeners.is_empty() || route.listeners.contains(arrival.listener);
        let name =
            route.server_names.is_empty() || arrival.server_name.is_some_and(|name| route.server_names.contains(name));
        let source = route.sources.is_empty() || route.sources.iter().any(|net| net.contains(&arrival.source));
        listener && name && source
    };
    let particular = |route: &Route| (route.server_names.is_empty(), route.sources.is_empty());
    let fitting = routes.iter().enumerate().filter(|(_, route)| fits(route));
    fitting.min_by_key(|(at, route)| (particular(route), *at)).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::super::config::CollectConfig;
    use super::*;

    #[test]
    fn the_most_particular_route_is_taken() {
        let config = CollectConfig::parse(
            r#"
            listener = [{ name = "up", address = "127.0.0.1:0" }, { name = "down", address = "127.0.0.1:0" }]
            [[route]]
            name = "rest"
            listeners = ["up"]
            target = [{ address = "127.0.0.1:1" }]
            [[route]]
            name = "by address"
            sources = ["10.1.0.0/16", "2001:db8::/32"]
            target = [{ address = "127.0.0.1:2" }]
            [[route]]
            name = "by name"
            server_names = ["a.test"]
            target = [{ address = "127.0.0.1:3" }]
            [[route]]
            name = "by both"
            server_names = ["b.test"]
            sources = ["10.1.0.0/16"]
            target = [{ address = "127.0.0.1:4" }]
            "#,
        )
        .unwrap();
        let way = |listener: &str, server_name: Option<&str>, source: &str| {
            let arrival = Arrival { listener, server_name, source: source.parse().unwrap() };
            choose(&config.routes, &arrival).map(|at| config.routes[at].name.as_str())
        };
        assert_eq!(way("up", Some("a.test"), "10.1.2.3"), Some("by name"));
        assert_eq!(way("up", None, "10.1.2.3"), Some("by address"));
        assert_eq!(way("down", None, "2001:db8::7"), Some("by address"));
        assert_eq!(way("up", Some("c.test"), "192.0.2.1"), Some("rest"));
        assert_eq!(way("down", Some("c.test"), "192.0.2.1"), None);
        assert_eq!(way("down", Some("b.test"), "192.0.2.1"), None, "not from there");
        assert_eq!(way("down", Some("b.test"), "10.1.0.9"), Some("by both"));
    }
}
