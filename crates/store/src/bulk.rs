//! What moves many rows at once: the results of a batch of photos going in by binary COPY, the embeddings of a
//! gallery coming out as a stream. `deadpool-postgres` is used here and in [`crate::reindex`].
//!
//! `COPY` needs a prepared statement, which `tokio-postgres` names `s0`, `s1`, … per connection. Behind PgBouncer
//! two processes may meet on one server connection, so each transaction here begins with `deallocate all`.

use deadpool_postgres::GenericClient as _;
use domain::{Embedding, EventId, Face, FaceId, GalleryFace, JobId, PhotoId, Thresholds};
use futures::{TryStreamExt as _, pin_mut};
use time::PrimitiveDateTime;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

use crate::sql::parse;
use crate::{Result, Store, StoreError, reindex, template_match};

/// A photo that was read: its faces, or why it cannot be read.
#[derive(Debug)]
pub struct ReadPhoto {
    /// The job that asked for it.
    pub job_id: JobId,
    /// The photo.
    pub photo_id: PhotoId,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of reading a photo.
#[derive(Debug)]
pub enum Outcome {
    /// It can be found by its faces.
    Ready(ReadyPhoto),
    /// It cannot be read.
    Failed {
        /// A stable code.
        code: &'static str,
        /// A sentence in English.
        detail: String,
        /// What of its original is private, if that could be told.
        private_parts: Option<Vec<u8>>,
    },
}

/// What is known of a photo that was read.
#[derive(Debug)]
pub struct ReadyPhoto {
    /// Width as a person sees it.
    pub width_px: i32,
    /// Height as a person sees it.
    pub height_px: i32,
    /// When the camera says it was taken, in the camera's local time.
    pub taken_at: Option<PrimitiveDateTime>,
    /// The camera's name.
    pub camera: Option<String>,
    /// What of its original is private.
    pub private_parts: Vec<u8>,
    /// Its faces.
    pub faces: Vec<NewFace>,
}

/// A face to store.
#[derive(Debug)]
pub struct NewFace {
    /// Its id.
    pub face_id: FaceId,
    /// Where it is and how good.
    pub face: Face,
    /// Its embedding; none when it is kept elsewhere.
    pub embedding: Option<Embedding>,
}

/// The photos of one event that one worker has read in one go.
#[derive(Debug)]
pub struct ReadBatch<'a> {
    /// The event.
    pub event_id: EventId,
    /// The pack that made the embeddings.
    pub pack: &'a str,
    /// What the pack's scores mean.
    pub thresholds: Thresholds,
    /// The lease under which the jobs were claimed.
    pub lease_token: Uuid,
    /// What was read.
    pub photos: &'a [ReadPhoto],
}

pub(crate) type Transaction<'a> = deadpool_postgres::Transaction<'a>;
pub(crate) type Param<'a> = (&'a (dyn ToSql + Sync), Type);

/// A connection for bulk work. It is closed when its work was broken off, and goes back to the pool only by
/// [`BulkClient::done`].
///
/// A transaction that is dropped sends its ROLLBACK and does not wait for the answer. Whoever took the connection next
/// would send BEGIN behind it, and a PgBouncer, which takes its server connection back on the answer to the one, loses the answer to
/// the other: that transaction would wait for ever.
pub(crate) struct BulkClient(Option<deadpool_postgres::Client>);

impl BulkClient {
    pub(crate) async fn transaction(&mut self) -> Result<Transaction<'_>> {
        let client = self.0.as_mut().ok_or(StoreError::BulkPool(deadpool_postgres::PoolError::Closed))?;
        Ok(client.transaction().await?)
    }

    /// Gives the connection back, whose last transaction has been answered.
    pub(crate) fn done(mut self) {
        drop(self.0.take());
    }
}

impl Drop for BulkClient {
    fn drop(&mut self) {
        if let Some(client) = self.0.take() {
            drop(deadpool_postgres::Client::take(client));
        }
    }
}

impl Store {
    /// A connection for bulk work.
    pub(crate) async fn bulk_client(&self) -> Result<BulkClient> {
        Ok(BulkClient(Some(self.bulk.get().await?)))
    }

    /// Writes what became of a batch of photos, in one transaction: the jobs end, the faces go in, the photos are
    /// ready or failed, the event's templates are looked for on them, the gallery grows by one version, listeners are
    /// told. A photo whose lease another worker has taken over meanwhile is left to that worker. Returns how many photos
    /// were written.
    ///
    /// # Errors
    /// When the database fails, or the event has another pack by now; then nothing was written.
    pub async fn finish_photos(&self, batch: &ReadBatch<'_>) -> Result<usize> {
        let mut client = self.bulk_client().await?;
        let tx = client.transaction().await?;
        tx.batch_execute("deallocate all").await?;
        let Some(packs) = reindex::lock(&tx, batch.event_id).await? else { return Ok(0) };
        if packs.now != batch.pack {
            return Err(StoreError::OtherPack);
        }
        let jobs: Vec<Uuid> = batch.photos.iter().map(|photo| photo.job_id.0).collect();
        let held = end_jobs(&tx, batch.event_id, batch.lease_token, &jobs).await?;
        let photos: Vec<&ReadPhoto> =
            batch.photos.iter().filter(|photo| held.contains(&photo.photo_id.0)).collect();
        if !photos.is_empty() {
            let grown = grow_gallery(&tx, batch.event_id, &photos).await?;
            let faces = faces_of(&photos);
            copy_faces(&tx, batch.event_id, batch.pack, grown.version, &faces).await?;
            // A photo that failed is seen by nobody; should it be ready again, it is compared again.
            let ready = ready_of(&photos);
            template_match::compare(&tx, batch.event_id, batch.pack, batch.thresholds, &ready, &faces)
                .await?;
            update_photos(&tx, batch.event_id, grown.change, &photos).await?;
            if packs.new.is_some() {
                reindex::follow(&tx, batch.event_id, &photos).await?;
            }
            notify(&tx, batch.event_id).await?;
        }
        tx.commit().await?;
        client.done();
        Ok(photos.len())
    }

    /// The faces of an event's gallery that were added after `after_version`, in batches.
    ///
    /// # Errors
    /// When the database fails or `each` does.
    pub async fn gallery_faces(
        &self,
        event_id: EventId,
        pack: &str,
        after_version: i64,
        up_to_version: i64,
        mut each: impl FnMut(GalleryFace),
    ) -> Result<()> {
        let mut client = self.bulk_client().await?;
        let tx = client.transaction().await?;
        let params: [Param<'_>; 4] = [
            (&event_id.0, Type::UUID),
            (&pack, Type::TEXT),
            (&after_version, Type::INT8),
            (&up_to_version, Type::INT8),
        ];
        let rows = tx
            .query_typed_raw(
                "select face_id, photo_id, embedding from face where event_id = $1 and pack = $2 \
                 and gallery_version > $3 and gallery_version <= $4 order by gallery_version",
                params.map(|(value, kind)| (value, kind)),
            )
            .await?;
        pin_mut!(rows);
        while let Some(row) = rows.try_next().await? {
            let embedding = parse("face", Embedding::from_le_bytes(row.try_get(2)?))?;
            each(GalleryFace {
                face_id: FaceId(row.try_get(0)?),
                photo_id: PhotoId(row.try_get(1)?),
                embedding,
            });
        }
        tx.commit().await?;
        client.done();
        Ok(())
    }
}

/// Deletes the jobs that are still held under the lease; returns their photos.
pub(crate) async fn end_jobs(
    tx: &Transaction<'_>,
    event_id: EventId,
    lease_token: Uuid,
    jobs: &[Uuid],
) -> Result<Vec<Uuid>> {
    let rows = tx
        .query_typed(
            "delete from job where event_id = $1 and job_id in (\
               select job_id from job where event_id = $1 and job_id = any($2) and lease_token = $3 \
               order by job_id for update) \
             returning photo_id",
            &[(&event_id.0, Type::UUID), (&jobs, Type::UUID_ARRAY), (&lease_token, Type::UUID)],
        )
        .await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// The numbers under which a batch is written.
struct Grown {
    version: i64,
    change: i64,
}

/// The event's next gallery version and change. The row's lock is held until the commit, so both commit in order.
/// Faces of an earlier reading of the same photos are removed, which begins a new epoch.
async fn grow_gallery(tx: &Transaction<'_>, event_id: EventId, photos: &[&ReadPhoto]) -> Result<Grown> {
    let row = tx
        .query_typed(
            "update event set gallery_version = gallery_version + 1, change_count = change_count + 1 \
             where event_id = $1 returning gallery_version, change_count",
            &[(&event_id.0, Type::UUID)],
        )
        .await?;
    let grown = match row.first() {
        Some(row) => Grown { version: row.try_get(0)?, change: row.try_get(1)? },
        None => return Err(sqlx::Error::RowNotFound.into()),
    };
    let ids: Vec<Uuid> = photos.iter().map(|photo| photo.photo_id.0).collect();
    let removed = tx
        .execute_typed(
            "delete from face where event_id = $1 and photo_id = any($2)",
            &[(&event_id.0, Type::UUID), (&ids, Type::UUID_ARRAY)],
        )
        .await?;
    if removed > 0 {
        tx.execute_typed(
            "update event set gallery_epoch = gallery_epoch + 1 where event_id = $1",
            &[(&event_id.0, Type::UUID)],
        )
        .await?;
    }
    Ok(grown)
}

const FACE_COLUMNS: [Type; 16] = [
    Type::UUID,
    Type::UUID,
    Type::UUID,
    Type::INT8,
    Type::TEXT,
    Type::FLOAT4,
    Type::FLOAT4,
    Type::FLOAT4,
    Type::FLOAT4,
    Type::FLOAT4_ARRAY,
    Type::FLOAT4,
    Type::FLOAT4,
    Type::FLOAT4,
    Type::FLOAT4,
    Type::FLOAT4,
    Type::BYTEA,
];

/// The faces of photos that are ready.
fn faces_of<'a>(photos: &[&'a ReadPhoto]) -> Vec<(PhotoId, &'a NewFace)> {
    let mut faces = Vec::new();
    for photo in photos {
        if let Outcome::Ready(ready) = &photo.outcome {
            faces.extend(ready.faces.iter().map(|face| (photo.photo_id, face)));
        }
    }
    faces
}

/// The photos that are ready.
fn ready_of(photos: &[&ReadPhoto]) -> Vec<Uuid> {
    let ready = photos.iter().filter(|photo| matches!(photo.outcome, Outcome::Ready(_)));
    ready.map(|photo| photo.photo_id.0).collect()
}

/// Writes faces that `pack` has found.
pub(crate) async fn copy_faces(
    tx: &Transaction<'_>,
    event_id: EventId,
    pack: &str,
    version: i64,
    faces: &[(PhotoId, &NewFace)],
) -> Result<()> {
    let sink = tx
        .copy_in(
            "copy face (event_id, photo_id, face_id, gallery_version, pack, x_px, y_px, width_px, height_px, \
             landmarks_px, confidence, size_px, sharpness, yaw, embedding_norm, embedding) \
             from stdin (format binary)",
        )
        .await?;
    let writer = BinaryCopyInWriter::new(sink, &FACE_COLUMNS);
    pin_mut!(writer);
    for (photo_id, NewFace { face_id, face, embedding }) in faces {
        let landmarks: Vec<f32> = face.landmarks.iter().flat_map(|point| [point.x, point.y]).collect();
        let (bounds, quality) = (face.bounds, face.quality);
        writer
            .as_mut()
            .write(&[
                &event_id.0,
                &photo_id.0,
                &face_id.0,
                &version,
                &pack,
                &bounds.x,
                &bounds.y,
                &bounds.width,
                &bounds.height,
                &landmarks,
                &face.confidence,
                &quality.size_px,
                &quality.sharpness,
                &quality.yaw,
                &quality.embedding_norm,
                &embedding.as_ref().map(Embedding::to_le_bytes),
            ])
            .await?;
    }
    writer.finish().await?;
    Ok(())
}

async fn update_photos(
    tx: &Transaction<'_>,
    event_id: EventId,
    change: i64,
    photos: &[&ReadPhoto],
) -> Result<()> {
    let mut updates = Vec::with_capacity(photos.len());
    for photo in photos {
        updates.push(update_photo(tx, event_id, change, photo));
    }
    // The statements are pipelined: sent together, answered together.
    futures::future::try_join_all(updates).await?;
    Ok(())
}

async fn update_photo(tx: &Transaction<'_>, event_id: EventId, change: i64, photo: &ReadPhoto) -> Result<()> {
    match &photo.outcome {
        Outcome::Ready(ready) => set_ready(tx, event_id, photo.photo_id, change, ready).await,
        Outcome::Failed { code, detail, private_parts } => {
            let why = Why { code, detail, private_parts: private_parts.as_deref() };
            set_failed(tx, event_id, photo.photo_id, change, &why).await
        }
    }
}

async fn set_ready(
    tx: &Transaction<'_>,
    event_id: EventId,
    photo_id: PhotoId,
    change: i64,
    ready: &ReadyPhoto,
) -> Result<()> {
    let faces = i32::try_from(ready.faces.len()).unwrap_or(i32::MAX);
    let changed = tx
        .execute_typed(
            "update photo set state = 'ready', failure_code = null, failure_detail = null, width_px = $3, \
             height_px = $4, taken_at = $5, camera = $6, face_count = $7, change = $8, \
             private_parts = $9 where event_id = $1 and photo_id = $2",
            &[
                (&event_id.0, Type::UUID),
                (&photo_id.0, Type::UUID),
                (&ready.width_px, Type::INT4),
                (&ready.height_px, Type::INT4),
                (&ready.taken_at, Type::TIMESTAMP),
                (&ready.camera, Type::TEXT),
                (&faces, Type::INT4),
                (&change, Type::INT8),
                (&ready.private_parts, Type::BYTEA),
            ],
        )
        .await?;
    crate::sql::expect_rows("set_ready", 1, changed)
}

/// Why a photo failed.
struct Why<'a> {
    code: &'a str,
    detail: &'a str,
    private_parts: Option<&'a [u8]>,
}

async fn set_failed(
    tx: &Transaction<'_>,
    event_id: EventId,
    photo_id: PhotoId,
    change: i64,
    why: &Why<'_>,
) -> Result<()> {
    let changed = tx
        .execute_typed(
            "update photo set state = 'failed', failure_code = $3, failure_detail = $4, face_count = 0, change = $5, private_parts = $6 \
             where event_id = $1 and photo_id = $2",
            &[
                (&event_id.0, Type::UUID),
                (&photo_id.0, Type::UUID),
                (&why.code, Type::TEXT),
                (&why.detail, Type::TEXT),
                (&change, Type::INT8),
                (&why.private_parts, Type::BYTEA),
            ],
        )
        .await?;
    crate::sql::expect_rows("set_failed", 1, changed)
}

pub(crate) async fn notify(tx: &Transaction<'_>, event_id: EventId) -> Result<()> {
    let payload = event_id.to_string();
    tx.query_typed(
        "select pg_notify($1, $2)",
        &[(&crate::listen::CHANNEL, Type::TEXT), (&payload, Type::TEXT)],
    )
    .await?;
    Ok(())
}
