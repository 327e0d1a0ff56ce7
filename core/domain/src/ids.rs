//! Identifiers: operator-chosen slugs, UUIDv7 for what the gateway makes, digests for what must not change.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::time::{Clock, Timestamp};

macro_rules! slug {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes the text as it is; what users type is checked by [`check_slug`] at the edge.
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
            /// The shared text, without a copy.
            pub fn text(&self) -> &Arc<str> {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }
        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

slug!(
    /// Who is billed.
    CustomerId
);
slug!(
    /// An API key's public id (never its secret).
    KeyId
);
slug!(
    /// A plan.
    PlanId
);
slug!(
    /// A provider as the operator named it in the configuration.
    ProviderName
);
slug!(
    /// A model's name as the client, the route or the provider wrote it.
    ModelName
);

/// Why a slug was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a valid id: use 1 to 128 letters, digits, and . _ - : @, beginning with a letter or digit")]
pub struct BadSlug(pub String);

/// Ids that users choose: 1 to 128 of letters, digits and `. _ - : @`, the first a letter or digit.
pub fn check_slug(text: &str) -> Result<(), BadSlug> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-:@".contains(c);
    let first_is_fine = text.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
    if first_is_fine && text.len() <= 128 && text.chars().all(allowed) { Ok(()) } else { Err(BadSlug(text.chars().take(140).collect())) }
}

/// A call's id (UUIDv7): the event's id, the reservation's id and the idempotency key in one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(pub Uuid);

impl EventId {
    /// No call at all: what is posted to the books ends none.
    pub const NONE: Self = Self(Uuid::nil());

    /// The id of something that happened elsewhere and is told of perhaps several times: the same for the same parts, whose
    /// order counts. The time is that of the beginning, so that ids stay in time order; the bits behind it are a digest's.
    pub fn derived(begun: Timestamp, parts: &[&str]) -> Self {
        use sha2::Digest as _;
        let mut digest = sha2::Sha256::new();
        for part in parts {
            // With its length, so that no two lists of parts are the same bytes.
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        let digest: [u8; 32] = digest.finalize().into();
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&((begun.micros().max(0) as u64) / 1_000).to_be_bytes()[2..]);
        bytes[6..].copy_from_slice(&digest[..10]);
        bytes[6] = 0x70 | (bytes[6] & 0x0F);
        bytes[8] = 0x80 | (bytes[8] & 0x3F);
        Self(Uuid::from_bytes(bytes))
    }

    /// The sixteen bytes, in time order.
    pub fn bytes(&self) -> [u8; 16] {
        *self.0.as_bytes()
    }
    /// A number spread evenly over ids, the same for the same id: to pick one of several.
    pub fn pick(&self) -> u64 {
        self.0.as_u128() as u64 & 0x3FFF_FFFF_FFFF_FFFF
    }
    /// From sixteen bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }
}
impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
impl FromStr for EventId {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::try_parse(text).map(Self)
    }
}

/// Where new ids come from; injected, so that tests can name them beforehand.
pub trait IdSource: Send + Sync {
    /// A new id for a call begun at `now`.
    fn next(&self, now: Timestamp) -> EventId;
}

/// UUIDv7 from the clock's time and a counter seeded once by the system's randomness (RFC 9562, method 3):
/// ids of one process are strictly increasing within a millisecond and cost no system call.
#[derive(Debug)]
pub struct RandomIds {
    state: std::sync::atomic::AtomicU64,
}

impl RandomIds {
    /// Seeds from the system's randomness, this once.
    pub fn new() -> Self {
        let mut bytes = [0; 8];
        // Without randomness two nodes could make the same ids: better not to start.
        getrandom::fill(&mut bytes).expect("the system's randomness");
        let seed = u64::from_ne_bytes(bytes);
        Self { state: std::sync::atomic::AtomicU64::new(seed) }
    }
}

impl Default for RandomIds {
    fn default() -> Self {
        Self::new()
    }
}

impl IdSource for RandomIds {
    fn next(&self, now: Timestamp) -> EventId {
        // SplitMix64: every state gives a distinct, well spread 64-bit value.
        let step = self.state.fetch_add(0x9E37_79B9_7F4A_7C15, std::sync::atomic::Ordering::Relaxed);
        let mut low = step;
        low = (low ^ (low >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        low = (low ^ (low >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        low ^= low >> 31;
        let millis = (now.micros().max(0) as u64) / 1_000;
        let sub_millis = ((now.micros().max(0) as u64) % 1_000) * 4; // the microsecond, in the 12 bits of rand_a
        let mut bytes = [0u8; 16];
        bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
        bytes[6] = 0x70 | ((sub_millis >> 8) as u8 & 0x0F);
        bytes[7] = sub_millis as u8;
        bytes[8..].copy_from_slice(&low.to_be_bytes());
        bytes[8] = (bytes[8] & 0x3F) | 0x80;
        EventId(Uuid::from_bytes(bytes))
    }
}

/// A new id at the clock's time.
pub fn next_id(ids: &dyn IdSource, clock: &dyn Clock) -> EventId {
    ids.next(clock.now())
}

/// SHA-256 of what must not change: a plugin, a price sheet.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha256::digest(bytes).into())
    }
}
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", hex::encode(self.0))
    }
}
impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { self.0.serialize(serializer) }
    }
}
impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        if !deserializer.is_human_readable() {
            return <[u8; 32]>::deserialize(deserializer).map(Self);
        }
        let text = String::deserialize(deserializer)?;
        let bytes = text.strip_prefix("sha256:").and_then(|hex| hex::decode(hex).ok()).and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| D::Error::custom("expected sha256: and 64 hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_version_7_distinct_and_in_time_order() {
        let ids = RandomIds::new();
        let early = ids.next(Timestamp::from_micros(1_700_000_000_000_000));
        let late = ids.next(Timestamp::from_micros(1_700_000_000_001_000));
        assert_eq!(early.0.get_version_num(), 7);
        assert!(early < late);
        let many: std::collections::HashSet<_> = (0..10_000).map(|_| ids.next(Timestamp::from_micros(5))).collect();
        assert_eq!(many.len(), 10_000);
    }

    #[test]
    fn a_derived_id_is_the_same_for_the_same_parts_and_for_no_others() {
        let at = Timestamp::from_micros(1_700_000_000_123_456);
        let of = |parts: &[&str]| EventId::derived(at, parts);
        assert_eq!(of(&["acme-ai", "batch_1", "a"]), of(&["acme-ai", "batch_1", "a"]));
        assert_eq!(of(&["acme-ai", "batch_1", "a"]).to_string(), "018bcfe5-687b-749c-bf86-7d016f70d215");
        for others in [&["acme-ai", "batch_1a", ""][..], &["acme-ai", "batch_1"], &["acme-ai", "batch_1", "b"], &["batch_1", "acme-ai", "a"]] {
            assert_ne!(of(&["acme-ai", "batch_1", "a"]), of(others));
        }
        assert_eq!((of(&[]).0.get_version_num(), of(&[]).0.get_variant()), (7, uuid::Variant::RFC4122));
        assert!(RandomIds::new().next(Timestamp::from_micros(1_700_000_000_122_000)) < of(&["x"]));
    }

    #[test]
    fn a_slug_names_what_it_wants() {
        assert!(check_slug("acme-eu.1").is_ok());
        assert_eq!(
            check_slug("../etc").unwrap_err().to_string(),
            "\"../etc\" is not a valid id: use 1 to 128 letters, digits, and . _ - : @, beginning with a letter or digit"
        );
    }
}
