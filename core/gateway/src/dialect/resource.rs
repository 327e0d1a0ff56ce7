//! Resources: what a call leaves at its provider for later calls to name. A file, a batch, a job that goes on after its
//! answer. Which calls there are and where an object says how far it is, is data of the dialect; what is billed and when is
//! in [`crate::resources`].

use http::Method;

/// What a dialect's calls leave behind.
#[derive(Debug)]
pub(crate) struct ResourceFacts {
    /// What people call one.
    pub(crate) noun: &'static str,
    /// The member of a request that must be `true` for it to leave anything; `None`: each does.
    pub(crate) when: Option<&'static str>,
    /// Where the first event of a stream has the object, if there are streams.
    pub(crate) streamed: Option<&'static str>,
    /// Where an object says its id.
    pub(crate) id: &'static str,
    /// What stands before the id there, and before a model's name in a request.
    pub(crate) prefixes: Prefixes,
    /// The member of a list's answer that has the objects.
    pub(crate) list: &'static str,
    /// How far it is; `None`: there is nothing to wait for.
    pub(crate) state: Option<StateFacts>,
    /// How its provider is found.
    pub(crate) place: Place,
    /// What is billed of it, and by what.
    pub(crate) work: Work,
    /// A member of the object that leads back to the provider, and the path that it has here (`{id}` in it).
    pub(crate) own_path: Option<(&'static str, &'static str)>,
    /// The calls that name one.
    pub(crate) calls: &'static [LaterCall],
}

/// What names begin with in bodies, and not in paths.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Prefixes {
    pub(crate) id: &'static str,
    pub(crate) model: &'static str,
}

impl Prefixes {
    /// Nothing.
    pub(crate) const NONE: Self = Self { id: "", model: "" };
}

/// Where an object says how far the work is.
#[derive(Debug)]
pub(crate) struct StateFacts {
    pub(crate) pointer: &'static str,
    /// With one of these it ended well …
    pub(crate) done: &'static [&'static str],
    /// … and with one of these it did not. With any other the work goes on: a word that is not known is no end.
    pub(crate) failed: &'static [&'static str],
}

/// How the provider of something new is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// By its model, as any call's.
    Model,
    /// By the models that the lines of this file (a part of the form) ask for.
    Lines(&'static str),
    /// By the models that stand here.
    Models(&'static str),
    /// It is that of the resource of another dialect whose id stands here.
    Beside { dialect: &'static str, pointer: &'static str },
}

/// What a resource is billed by.
#[derive(Debug)]
pub(crate) enum Work {
    /// Nothing: it lies there.
    None,
    /// What its last object says was consumed, which has the form of the dialect's whole answers.
    Whole,
    /// Its results, each the answer to a call of its own.
    Items(ItemFacts),
    /// As long as it is there (metering rule 13).
    Storage(StorageFacts),
}

/// What is stored, and until when: in its object.
#[derive(Debug)]
pub(crate) struct StorageFacts {
    /// How many tokens.
    pub(crate) tokens: &'static str,
    /// When it goes by itself.
    pub(crate) until: &'static str,
}

/// Where a batch's results are, a JSON object a line.
#[derive(Debug)]
pub(crate) struct ItemFacts {
    /// The dialect of the answers: its name, or where the batch's request says its path.
    pub(crate) dialect: ItemDialect,
    /// Where the results are.
    pub(crate) results: Results,
    /// In a line: the client's own name for the call.
    pub(crate) custom_id: &'static str,
    /// In a line: the answer, absent or `null` where the call failed.
    pub(crate) answer: &'static str,
    /// In a line: the answer's HTTP status, where it has one.
    pub(crate) status: Option<&'static str>,
    /// The tier at which its calls are priced.
    pub(crate) tier: &'static str,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum ItemDialect {
    Named(&'static str),
    ByPath(&'static str),
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Results {
    /// In files of this dialect, whose ids stand at these pointers of the batch's object.
    Files { dialect: &'static str, pointers: &'static [&'static str] },
    /// In the answer to a call of the batch itself.
    Own,
}

/// A call that names a resource, or lists all of a dialect's.
#[derive(Debug)]
pub(crate) struct LaterCall {
    pub(crate) method: Method,
    /// With `{id}` in it, but for a list.
    pub(crate) paths: &'static [&'static str],
    pub(crate) does: Does,
}

/// What such a call does. The word is what the adapter is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Does {
    /// Gives the object.
    Read,
    /// Asks for the work to end; gives the object.
    Cancel,
    /// Changes it; gives the object.
    Change,
    /// Gives what the object stands for: a file's content, a video, a batch's results.
    Content,
    /// Gives something about it that has no bearing on what it costs.
    Look(&'static str),
    /// Removes it.
    Delete,
    /// All of the caller's.
    List,
}

impl Does {
    /// What the adapter is told.
    pub(crate) fn operation(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Cancel => "cancel",
            Self::Change => "change",
            Self::Content => "content",
            Self::Look(what) => what,
            Self::Delete => "delete",
            Self::List => "list",
        }
    }
}

impl ResourceFacts {
    /// Where its results are, if it is a batch.
    pub(crate) fn items(&self) -> Option<&ItemFacts> {
        if let Work::Items(items) = &self.work { Some(items) } else { None }
    }
    /// What is stored, if that is what is billed.
    pub(crate) fn storage(&self) -> Option<&StorageFacts> {
        if let Work::Storage(storage) = &self.work { Some(storage) } else { None }
    }
    /// Whether the work goes on, by what the object says. One that does not say is not believed to have ended.
    pub(crate) fn goes_on(&self, state: Option<&str>) -> bool {
        let ended = |facts: &StateFacts| state.is_some_and(|state| facts.done.contains(&state) || facts.failed.contains(&state));
        self.storage().is_some() || self.state.as_ref().is_some_and(|facts| !ended(facts))
    }
}

/// The id in a path, if the path is of this form. An id goes into the provider's path, so it is plain letters and digits.
pub(super) fn id_in<'p>(pattern: &str, path: &'p str) -> Option<&'p str> {
    let (before, after) = pattern.split_once("{id}")?;
    let id = path.strip_prefix(before)?.strip_suffix(after)?;
    is_id(id).then_some(id)
}

/// Whether this can be an id: 1 to 128 letters, digits, `_`, `-` and `.`, not beginning with a dot.
pub(crate) fn is_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    (1..=128).contains(&text.len()) && !text.starts_with('.') && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_plain_segment() {
        assert_eq!(id_in("/v1/batches/{id}", "/v1/batches/batch_1-a"), Some("batch_1-a"));
        assert_eq!(id_in("/v1/batches/{id}/cancel", "/v1/batches/b/cancel"), Some("b"));
        for path in ["/v1/batches/", "/v1/batches/a/b", "/v1/batches/..", "/v1/batches/%2e%2e", "/v1/batches/a?b", "/v1/batch/a"] {
            assert_eq!(id_in("/v1/batches/{id}", path), None, "{path}");
        }
    }
}
