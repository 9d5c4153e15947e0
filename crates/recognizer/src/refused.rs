//! Why a process cannot work with a model pack.

/// A pack that this process cannot work with. The message says the mend.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackRefused {
    /// No pack has this name.
    #[error("there is no model pack {pack:?}: `findme models list` names those that there are")]
    Unknown {
        /// The name.
        pack: String,
    },
    /// Its licence does not allow commercial use, and nobody has said that this is none.
    #[error(
        "the model pack {pack} may not be used commercially: set FINDME_ALLOW_RESEARCH_MODELS=1 if your use is allowed"
    )]
    NotAllowed {
        /// Its name.
        pack: String,
    },
    /// Its models are not on this machine, or cannot be opened.
    #[error("the models of the pack {pack} cannot be used here ({reason}): run `findme models pull {pack}`")]
    Missing {
        /// Its name.
        pack: String,
        /// What is wrong with which file.
        reason: String,
    },
}

impl PackRefused {
    /// The pack's name.
    pub fn pack(&self) -> &str {
        match self {
            Self::Unknown { pack } | Self::NotAllowed { pack } | Self::Missing { pack, .. } => pack,
        }
    }
}
