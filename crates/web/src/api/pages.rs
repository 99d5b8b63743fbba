//! Lists in parts: at most so many at once, and a link to those that follow (RFC 8288).

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::header::LINK;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most of a list in one answer.
pub(crate) const MOST: usize = 100;

/// Which part of a list is asked for.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Part {
    /// At most so many.
    #[serde(default)]
    pub(crate) limit: Option<usize>,
    /// Those that follow: as the last answer's `next` says.
    #[serde(default)]
    pub(crate) after: Option<usize>,
}

impl Part {
    /// From which one on.
    pub(crate) fn from(&self) -> usize {
        self.after.unwrap_or(0)
    }

    /// How many at most.
    pub(crate) fn most(&self) -> usize {
        self.limit.unwrap_or(50).clamp(1, MOST)
    }
}

/// A part of a list.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Listed<T> {
    /// The things.
    pub(crate) items: Vec<T>,
    /// What to say as `after` for those that follow; absent: these were the last.
    pub(crate) next: Option<usize>,
}

/// A part of a list that is at hand.
pub(crate) fn part<T: Serialize>(path: &str, asked: &Part, all: impl IntoIterator<Item = T>) -> Response {
    let mut items: Vec<T> = all.into_iter().skip(asked.from()).take(asked.most() + 1).collect();
    let more = items.len() > asked.most();
    items.truncate(asked.most());
    listed(path, asked, items, more)
}

/// A part of a list, with whether others follow.
pub(crate) fn listed<T: Serialize>(path: &str, asked: &Part, items: Vec<T>, more: bool) -> Response {
    let next = more.then(|| asked.from() + items.len());
    let link = next.map(|next| format!("<{path}?limit={}&after={next}>; rel=\"next\"", asked.most()));
    let answer = Json(Listed { items, next });
    match link {
        Some(link) => ([(LINK, link)], answer).into_response(),
        None => answer.into_response(),
    }
}
