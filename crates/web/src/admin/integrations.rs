//! `GET /api/integrations/status`: which services beside FindMe are connected.

use axum::Json;
use axum::extract::State;
use blobs::Blobs;
use domain::Language;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Web;
use crate::error::Problem;
use crate::extract::{Admin, InLanguage};

/// A service beside FindMe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum IntegrationName {
    /// A mail server.
    Smtp,
    /// Mail by Twilio's service.
    Sendgrid,
    /// Text messages by Twilio.
    Twilio,
    /// Messages into a channel of Slack.
    Slack,
    /// An S3-compatible store for photos.
    S3,
    /// Face recognition by Amazon.
    Rekognition,
}

/// Whether a service is connected, and why or why not.
#[derive(Debug, Serialize, ToSchema)]
pub struct Integration {
    name: IntegrationName,
    connected: bool,
    /// For people, in the caller's language.
    why: String,
}

/// The services beside FindMe.
#[derive(Debug, Serialize, ToSchema)]
pub struct Integrations {
    integrations: Vec<Integration>,
}

/// Tells which services beside FindMe are connected. The photo store is asked whether it works.
#[utoipa::path(get, path = "/api/integrations/status", tag = "system", responses((status = 200, body = Integrations)))]
pub async fn integrations(
    _: Admin,
    State(blobs): State<Blobs>,
    State(web): State<Web>,
    InLanguage(language): InLanguage,
) -> Result<Json<Integrations>, Problem> {
    let absent = |name| Integration { name, connected: false, why: not_built(language).to_owned() };
    let integrations = vec![
        absent(IntegrationName::Smtp),
        absent(IntegrationName::Sendgrid),
        absent(IntegrationName::Twilio),
        absent(IntegrationName::Slack),
        s3(&blobs, language).await,
        rekognition(&web, language).await,
    ];
    Ok(Json(Integrations { integrations }))
}

/// Why a service that this version cannot speak to is not connected, and what happens instead.
fn not_built(language: Language) -> &'static str {
    match language {
        Language::En => "not part of this version; messages go to the outbox",
        Language::Fr => "absent de cette version ; les messages vont dans la boîte d’envoi",
    }
}

async fn rekognition(web: &Web, language: Language) -> Integration {
    let answers = match web.recognizer.rekognition() {
        Some(there) => Some(Box::pin(there.probe()).await),
        None => None,
    };
    if let Some(Err(error)) = &answers {
        tracing::warn!(%error, "Rekognition does not work");
    }
    let why = match (&answers, language) {
        (None, Language::En) => {
            "FINDME_REKOGNITION_REGION is not set; faces are recognised on this machine, and no picture leaves it"
        }
        (None, Language::Fr) => {
            "FINDME_REKOGNITION_REGION n’est pas défini ; les visages sont reconnus sur cette machine, et aucune image \
             n’en sort"
        }
        (Some(Ok(())), Language::En) => {
            "it keeps the faces of events that were made with it; their selfies and previews are sent to Amazon"
        }
        (Some(Ok(())), Language::Fr) => {
            "il conserve les visages des événements créés avec lui ; leurs selfies et aperçus sont envoyés à Amazon"
        }
        (Some(Err(_)), Language::En) => {
            "it does not answer as it should; check the FINDME_REKOGNITION_ settings"
        }
        (Some(Err(_)), Language::Fr) => {
            "il ne répond pas comme il faut ; vérifiez les réglages FINDME_REKOGNITION_"
        }
    };
    let connected = matches!(answers, Some(Ok(())));
    Integration { name: IntegrationName::Rekognition, connected, why: why.to_owned() }
}

async fn s3(blobs: &Blobs, language: Language) -> Integration {
    let place = blobs.place();
    let works = if blobs.is_s3() { Some(blobs.works().await) } else { None };
    if let Some(Err(error)) = &works {
        tracing::warn!(%error, "the photo store does not work");
    }
    let why = match (&works, language) {
        (None, Language::En) => format!("S3_BUCKET is not set; photos are kept in {place}"),
        (None, Language::Fr) => format!("S3_BUCKET n’est pas défini ; les photos sont dans {place}"),
        (Some(Ok(())), Language::En) => format!("photos are kept in {place}"),
        (Some(Ok(())), Language::Fr) => format!("les photos sont dans {place}"),
        (Some(Err(_)), Language::En) => {
            format!("{place} does not answer as it should; check the S3_ settings and the store")
        }
        (Some(Err(_)), Language::Fr) => {
            format!("{place} ne répond pas comme il faut ; vérifiez les réglages S3_ et le stockage")
        }
    };
    Integration { name: IntegrationName::S3, connected: matches!(works, Some(Ok(()))), why }
}
