//! Lists: `{"data": […], "next_cursor": null | "…"}`, with `limit` and `cursor`.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::problem::Problem;

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Page<T> {
    /// The items, by id unless the endpoint says otherwise.
    pub(super) data: Vec<T>,
    /// Where the next page begins; null at the end.
    pub(super) next_cursor: Option<String>,
}

/// Which page.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// At most so many, 1 to 1000; absent: 100.
    pub(super) limit: Option<usize>,
    /// `next_cursor` of the page before.
    pub(super) cursor: Option<String>,
    /// Archived ones too.
    #[serde(default)]
    pub(super) archived: bool,
}

/// The longest page.
pub(super) const MAX_LIMIT: usize = 1_000;
const DEFAULT_LIMIT: usize = 100;

/// 1 to 1000, 100 if absent.
pub(super) fn limit(asked: Option<usize>) -> Result<usize, Problem> {
    match asked {
        None => Ok(DEFAULT_LIMIT),
        Some(limit @ 1..=MAX_LIMIT) => Ok(limit),
        Some(other) => Err(Problem::invalid("limit", format!("found {other}, expected 1 to {MAX_LIMIT}"))),
    }
}

impl<T> Page<T> {
    /// A list that is never longer than a page.
    pub(super) fn whole(data: Vec<T>) -> Self {
        Self { data, next_cursor: None }
    }
    /// One page of items that are sorted by id; the cursor is the last id of the page before.
    pub(super) fn of(items: impl IntoIterator<Item = T>, id: impl Fn(&T) -> &str, query: &PageQuery) -> Result<Self, Problem> {
        let limit = limit(query.limit)?;
        let after = query.cursor.as_deref();
        let mut rest = items.into_iter().filter(|item| after.is_none_or(|after| id(item) > after));
        let data: Vec<T> = rest.by_ref().take(limit).collect();
        let more = rest.next().is_some();
        let next_cursor = data.last().filter(|_| more).map(|last| id(last).to_owned());
        Ok(Self { data, next_cursor })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_without_gap_or_repetition() {
        let items = ["a", "b", "c"];
        let page = |cursor: Option<&str>| Page::of(items, |id| id, &PageQuery { limit: Some(2), cursor: cursor.map(Into::into), archived: false }).unwrap();
        assert_eq!(page(None), Page { data: vec!["a", "b"], next_cursor: Some("b".into()) });
        assert_eq!(page(Some("b")), Page { data: vec!["c"], next_cursor: None });
    }

    #[test]
    fn a_limit_out_of_range_is_refused() {
        assert!(limit(Some(0)).is_err() && limit(Some(1_001)).is_err());
        assert_eq!(limit(None).unwrap(), 100);
    }
}
