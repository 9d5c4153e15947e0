//! Amazon Rekognition: whether it answers, what it was asked this month and what that costs, what it still keeps that was
//! deleted here.

use domain::{Language, REKOGNITION_PACK};
use recognizer::{Operation, Rekognition};
use store::Store;
use store::rekognition::Place;

use super::parts::{Finding, words};
use crate::config::Config;
use crate::rekognition::RekognitionConfig;
use crate::system;

/// Whether the database knows of faces there.
pub(super) async fn is_needed(store: &Store) -> bool {
    // Without a database there is another complaint.
    kept_there(store).await.is_ok_and(|(events, purges)| events + purges > 0)
}

/// How many events have their faces there, and how many deleted photos' faces may still be there.
async fn kept_there(store: &Store) -> anyhow::Result<(i64, i64)> {
    let mut tx = store.begin().await?;
    Ok((store::rekognition::events(&mut tx).await?, store::rekognition::open_purges(&mut tx).await?))
}

pub(super) async fn look(config: &Config, store: &Store, language: Language) -> anyhow::Result<Finding> {
    let (events, purges) = kept_there(store).await?;
    let Some(there) = &config.rekognition else { return Ok(not_set_up(events, purges, language)) };
    let connection = Rekognition::new(there.settings.clone(), REKOGNITION_PACK, None);
    if let Err(unavailable) = Box::pin(connection.probe()).await {
        let mend = words(
            language,
            "check the FINDME_REKOGNITION_ settings, and that the key may use rekognition:* on its collections"
                .to_owned(),
            "vérifiez les réglages FINDME_REKOGNITION_, et que la clé a droit à rekognition:* sur ses collections"
                .to_owned(),
        );
        return Ok(Finding::error(unavailable.to_string(), mend));
    }
    if let Some(finding) = elsewhere(there, store, language).await? {
        return Ok(finding);
    }
    let mut detail = of_month(there, store, language).await?;
    if purges > 0 {
        detail += &words(
            language,
            format!("; faces of {purges} deleted photos are being deleted there"),
            format!(" ; les visages de {purges} photos supprimées y sont en cours de suppression"),
        );
    }
    Ok(Finding::ok(detail))
}

/// A complaint when faces are kept where the settings do not look for them.
async fn elsewhere(
    there: &RekognitionConfig,
    store: &Store,
    language: Language,
) -> anyhow::Result<Option<Finding>> {
    let (region, collection_prefix) = (&there.settings.region, &there.settings.collection_prefix);
    let place = Place { region, collection_prefix };
    let kept = store::rekognition::kept_elsewhere(&mut *store.begin().await?, place).await?;
    let Some(first) = kept.first() else { return Ok(None) };
    let photos: i64 = kept.iter().map(|kept| kept.photos).sum();
    let (region, prefix) = (&first.region, &first.collection_prefix);
    let detail = words(
        language,
        format!(
            "faces of {photos} photos were kept in another place, such as the region {region} with the prefix {prefix:?}, \
             where nobody finds or deletes them now"
        ),
        format!(
            "les visages de {photos} photos ont été conservés ailleurs, par exemple dans la région {region} avec le préfixe \
             {prefix:?}, où personne ne les trouve ni ne les supprime plus"
        ),
    );
    let mend = words(
        language,
        "set FINDME_REKOGNITION_REGION and FINDME_REKOGNITION_COLLECTION_PREFIX back to that, with keys of that account, \
         until these events or photos are deleted"
            .to_owned(),
        "remettez ces valeurs dans FINDME_REKOGNITION_REGION et FINDME_REKOGNITION_COLLECTION_PREFIX, avec les clés de ce \
         compte, jusqu’à la suppression de ces événements ou photos"
            .to_owned(),
    );
    Ok(Some(Finding::error(detail, mend)))
}

fn not_set_up(events: i64, purges: i64, language: Language) -> Finding {
    let detail = words(
        language,
        format!("not set up, but it keeps the faces of {events} events, and of {purges} deleted photos"),
        format!(
            "non configuré, mais il conserve les visages de {events} événements et de {purges} photos supprimées"
        ),
    );
    let mend = words(
        language,
        "set FINDME_REKOGNITION_REGION and its keys, so that they are found and deleted".to_owned(),
        "définissez FINDME_REKOGNITION_REGION et ses clés, pour qu’ils soient trouvés et supprimés"
            .to_owned(),
    );
    Finding::error(detail, mend)
}

/// What was asked since the month began (UTC), at the price of the settings.
async fn of_month(there: &RekognitionConfig, store: &Store, language: Language) -> anyhow::Result<String> {
    let today = system::clock().now().to_offset(time::UtcOffset::UTC).date();
    let calls = store::rekognition::calls_since(&mut *store.begin().await?, today.replace_day(1)?).await?;
    let images = Operation::paid_among(&calls);
    #[expect(clippy::cast_precision_loss, reason = "fewer images than a float counts")]
    let dollars = images as f64 / 1000.0 * there.price_per_1000;
    let (region, price) = (&there.settings.region, there.price_per_1000);
    Ok(words(
        language,
        format!(
            "{region} answers; {images} images were sent this month, about {dollars:.2} US dollars at {price} per 1,000 \
             (check your region’s price, and what keeping faces costs); selfies and previews leave this machine"
        ),
        format!(
            "{region} répond ; {images} images envoyées ce mois-ci, environ {dollars:.2} dollars US à {price} les 1 000 \
             (vérifiez le prix de votre région et celui de la conservation des visages) ; les selfies et les aperçus \
             sortent de cette machine"
        ),
    ))
}
