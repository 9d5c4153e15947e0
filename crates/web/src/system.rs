//! How every part of the installation is. Who opened the parts says how they are asked (`findme doctor` asks the same).

use std::fmt;
use std::sync::Arc;

use domain::Language;
use futures::future::{BoxFuture, FutureExt as _};
use serde::Serialize;
use time::OffsetDateTime;
use tokio::sync::Mutex;
use utoipa::ToSchema;

/// How a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// It works.
    Ok,
    /// It works, but not as well as it could.
    Warning,
    /// It does not work.
    Error,
}

/// What was found of one part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Check {
    /// Which part, by a stable name such as `photo store`.
    #[schema(value_type = String)]
    pub name: &'static str,
    /// How it is.
    pub ok: Health,
    /// What was found, in the caller's language; what other programs say stays as they say it.
    pub detail: String,
    /// What to do about it.
    pub mend: Option<String>,
}

type Ask = dyn Fn(Language) -> BoxFuture<'static, Vec<Check>> + Send + Sync;

/// Asks every part how it is. Cheap to clone.
#[derive(Clone)]
pub struct System {
    started_at: OffsetDateTime,
    ask: Arc<Ask>,
    one_at_a_time: Arc<Mutex<()>>,
}

impl System {
    /// Of a process that began at `started_at`; `ask` looks at each part and says what it found in the language.
    pub fn new<F>(started_at: OffsetDateTime, ask: impl Fn(Language) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Vec<Check>> + Send + 'static,
    {
        let ask = Arc::new(move |language| ask(language).boxed());
        Self { started_at, ask, one_at_a_time: Arc::default() }
    }

    pub(crate) fn started_at(&self) -> OffsetDateTime {
        self.started_at
    }

    /// What is found now. Looking costs something (a file is written, a connection is made), so it is done once at a time.
    pub(crate) async fn checks(&self, language: Language) -> Vec<Check> {
        let _alone = self.one_at_a_time.lock().await;
        (self.ask)(language).await
    }
}

impl fmt::Debug for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "System(since {})", self.started_at)
    }
}
