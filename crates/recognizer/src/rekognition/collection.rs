//! Collections: made when the first photo comes, and again when they have vanished.

use domain::EventId;

use super::trouble::Trouble;
use super::{Operation, Rekognition, Unavailable};

impl Rekognition {
    /// Makes the event's collection, unless it is there.
    pub(super) async fn make_collection(&self, event_id: EventId) -> Result<(), Unavailable> {
        let made = self.bulk.create_collection().collection_id(self.collection(event_id)).send();
        match self.call(Operation::CreateCollection, made).await {
            Ok(_) | Err(Trouble::AlreadyThere) => Ok(()),
            Err(other) => Err(other.unexpected()),
        }
    }

    /// How many faces the event's collection has; none without a collection.
    pub(super) async fn faces_kept(&self, event_id: EventId) -> Result<usize, Unavailable> {
        let described = self.quick.describe_collection().collection_id(self.collection(event_id)).send();
        match self.call(Operation::DescribeCollection, described).await {
            Ok(described) => Ok(usize::try_from(described.face_count().unwrap_or(0)).unwrap_or(0)),
            Err(Trouble::NoCollection) => Ok(0),
            Err(other) => Err(other.unexpected()),
        }
    }

    /// Deletes the event's collection with all faces in it. One that is gone is deleted.
    ///
    /// # Errors
    /// When Rekognition cannot be used now.
    pub async fn delete_collection(&self, event_id: EventId) -> Result<(), Unavailable> {
        let deleted = self.bulk.delete_collection().collection_id(self.collection(event_id)).send();
        match self.call(Operation::DeleteCollection, deleted).await {
            Ok(_) | Err(Trouble::NoCollection) => Ok(()),
            Err(other) => Err(other.unexpected()),
        }
    }

    /// Whether Rekognition answers and lets us in.
    ///
    /// # Errors
    /// When it does not.
    pub async fn probe(&self) -> Result<(), Unavailable> {
        let listed = self.quick.list_collections().max_results(1).send();
        self.call(Operation::ListCollections, listed).await.map(|_| ()).map_err(Trouble::unexpected)
    }
}
