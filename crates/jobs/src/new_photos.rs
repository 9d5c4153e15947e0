//! Tells people of new photos of them, if they asked for it: one mail each, at most every half an hour.

use domain::{AccountId, MessageId};
use notify::Kind;
use store::outbox::{self, Concerns, NewMessage};
use store::template_match::{self, Due, News};
use time::{Duration, OffsetDateTime};

use crate::{JobError, Worker};

/// Nobody is told more often.
const AT_MOST_EVERY: Duration = Duration::minutes(30);
/// People told in one round; the others have their turn in the next.
const PEOPLE_MAX: i64 = 500;

/// Tells whoever is due. Returns how many were told. Two processes doing it at once tell each person once.
pub(crate) async fn tell(worker: &Worker) -> Result<usize, JobError> {
    let now = worker.clock.now();
    let mut tx = worker.store.begin_job().await?;
    let due = template_match::due(&mut tx, now - AT_MOST_EVERY, PEOPLE_MAX).await?;
    tx.commit().await.map_err(store::StoreError::from)?;
    let mut told = 0;
    for person in due {
        told += usize::from(tell_one(worker, person, now).await?);
    }
    Ok(told)
}

/// Writes the mail and that it was written, or neither.
async fn tell_one(worker: &Worker, due: Due, now: OffsetDateTime) -> Result<bool, JobError> {
    let mut tx = worker.store.begin_job().await?;
    let Some(news) = template_match::tell(&mut tx, due, now - AT_MOST_EVERY, now).await? else {
        return Ok(false);
    };
    let News { user_id, email, language, event_name, slug, photos } = news;
    let link = format!("{}/e/{slug}", worker.public_url);
    let message = notify::new_photos(language, &event_name, photos, &link);
    let new = NewMessage {
        message_id: MessageId::from_entropy(&worker.entropy),
        kind: Kind::NewPhotos.as_str(),
        recipient: &email,
        language,
        subject: &message.subject,
        body: &message.body,
        concerns: Concerns::Account(AccountId::Attendee(due.event_id, user_id)),
        created_at: now,
    };
    outbox::simulate(&mut tx, &new).await?;
    tx.commit().await.map_err(store::StoreError::from)?;
    Ok(true)
}
