//! Fields of a change, which may be left out, null, or have a value: three different things.

use serde::{Deserialize, Deserializer};

/// What a change says of something that may be absent. With `#[serde(default)]` on its field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Given<T> {
    /// Nothing: it stays.
    #[default]
    Nothing,
    /// Null: it goes.
    Null,
    /// This.
    Value(T),
}

impl<T> Given<T> {
    /// What it makes of what there was.
    pub(crate) fn over(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Nothing => before,
            Self::Null => None,
            Self::Value(value) => Some(value),
        }
    }

    /// The same, its value turned into another.
    pub(crate) fn try_map<U, E>(self, map: impl FnOnce(T) -> Result<U, E>) -> Result<Given<U>, E> {
        Ok(match self {
            Self::Nothing => Given::Nothing,
            Self::Null => Given::Null,
            Self::Value(value) => Given::Value(map(value)?),
        })
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Given<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Value))
    }
}
