//! The settings of Amazon Rekognition.

use anyhow::{Context as _, bail};
use recognizer::RekognitionSettings;

/// What one call with a picture costs, in US dollars per 1,000: Amazon's list price of the first million pictures a month
/// in us-east-1 when this was written. It differs by region and falls with the number.
const PRICE_PER_1000: f64 = 1.0;

/// Who finds the faces of new events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecognizerChoice {
    /// The models of this machine.
    Local,
    /// Amazon Rekognition.
    Rekognition,
}

/// How Rekognition is reached and what it costs.
#[derive(Clone, Debug)]
pub struct RekognitionConfig {
    /// How it is reached.
    pub settings: RekognitionSettings,
    /// US dollars per 1,000 pictures.
    pub price_per_1000: f64,
}

/// Reads the settings; `text` gives the value of a variable.
///
/// # Errors
/// When one is set to what it cannot be, or only half of what is needed is set; the message names the variable.
pub(crate) fn from_environment(
    text: impl Fn(&str) -> Option<String>,
) -> anyhow::Result<(RecognizerChoice, Option<RekognitionConfig>)> {
    let choice = match text("FINDME_RECOGNIZER").as_deref() {
        None | Some("local") => RecognizerChoice::Local,
        Some("rekognition") => RecognizerChoice::Rekognition,
        Some(other) => bail!("FINDME_RECOGNIZER must be local or rekognition, not {other:?}"),
    };
    let Some(region) = text("FINDME_REKOGNITION_REGION") else {
        for name in ["FINDME_REKOGNITION_ACCESS_KEY_ID", "FINDME_REKOGNITION_ENDPOINT"] {
            if text(name).is_some() {
                bail!("{name} is set, so FINDME_REKOGNITION_REGION must be set too, such as eu-west-1");
            }
        }
        if choice == RecognizerChoice::Rekognition {
            bail!(
                "FINDME_RECOGNIZER is rekognition, so FINDME_REKOGNITION_REGION must be set too, such as eu-west-1"
            );
        }
        return Ok((choice, None));
    };
    let needed = |name| {
        text(name).with_context(|| format!("FINDME_REKOGNITION_REGION is set, so {name} must be set too"))
    };
    let mut settings = RekognitionSettings::new(
        region,
        needed("FINDME_REKOGNITION_ACCESS_KEY_ID")?,
        needed("FINDME_REKOGNITION_SECRET_ACCESS_KEY")?,
    );
    settings.session_token = text("FINDME_REKOGNITION_SESSION_TOKEN");
    settings.endpoint = text("FINDME_REKOGNITION_ENDPOINT");
    if let Some(prefix) = text("FINDME_REKOGNITION_COLLECTION_PREFIX") {
        settings.collection_prefix = checked_prefix(prefix)?;
    }
    set_bands(&mut settings, &text)?;
    let price_per_1000 = number(&text, "FINDME_REKOGNITION_PRICE", 0.0, 1000.0)?.unwrap_or(PRICE_PER_1000);
    Ok((choice, Some(RekognitionConfig { settings, price_per_1000 })))
}

fn checked_prefix(prefix: String) -> anyhow::Result<String> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "_.-".contains(letter);
    if prefix.len() > 100 || !prefix.chars().all(allowed) {
        bail!(
            "FINDME_REKOGNITION_COLLECTION_PREFIX must be at most 100 letters, digits, dots, dashes or underscores, \
             not {prefix:?}"
        );
    }
    Ok(prefix)
}

fn set_bands(
    settings: &mut RekognitionSettings,
    text: &impl Fn(&str) -> Option<String>,
) -> anyhow::Result<()> {
    let (sure, maybe) = ("FINDME_REKOGNITION_SURE", "FINDME_REKOGNITION_MAYBE");
    #[expect(clippy::cast_possible_truncation, reason = "a percentage needs few digits")]
    let share = |percent: f64| (percent / 100.0) as f32;
    if let Some(percent) = number(text, sure, 0.0, 100.0)? {
        settings.bands.sure = share(percent);
    }
    if let Some(percent) = number(text, maybe, 0.0, 100.0)? {
        settings.bands.maybe = share(percent);
    }
    if settings.bands.maybe > settings.bands.sure {
        bail!("{maybe} must not be more than {sure}");
    }
    Ok(())
}

fn number(
    text: &impl Fn(&str) -> Option<String>,
    name: &str,
    least: f64,
    most: f64,
) -> anyhow::Result<Option<f64>> {
    let Some(value) = text(name) else { return Ok(None) };
    match value.parse::<f64>() {
        Ok(number) if (least..=most).contains(&number) => Ok(Some(number)),
        _ => bail!("{name} must be a number from {least} to {most}, not {value:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(set: &[(&str, &str)]) -> anyhow::Result<(RecognizerChoice, Option<RekognitionConfig>)> {
        let of = |name: &str| {
            let short = name.strip_prefix("FINDME_").unwrap_or(name);
            set.iter().find(|(key, _)| *key == short).map(|(_, value)| (*value).to_owned())
        };
        from_environment(of)
    }

    #[test]
    fn what_is_half_set_is_refused_with_the_name_of_what_is_missing() {
        let missing = |set: &[(&str, &str)], name: &str| {
            let error = read(set).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        };
        missing(&[("RECOGNIZER", "rekognition")], "FINDME_REKOGNITION_REGION");
        missing(&[("REKOGNITION_ACCESS_KEY_ID", "a")], "FINDME_REKOGNITION_REGION");
        let region = ("REKOGNITION_REGION", "eu-west-1");
        missing(&[region], "FINDME_REKOGNITION_ACCESS_KEY_ID");
        missing(&[region, ("REKOGNITION_ACCESS_KEY_ID", "a")], "FINDME_REKOGNITION_SECRET_ACCESS_KEY");
        missing(&[("RECOGNIZER", "clever")], "must be local or rekognition");
        let keys = [region, ("REKOGNITION_ACCESS_KEY_ID", "a"), ("REKOGNITION_SECRET_ACCESS_KEY", "b")];
        let with = |more| [&keys[..], &[more]].concat();
        missing(&with(("REKOGNITION_COLLECTION_PREFIX", "a b")), "COLLECTION_PREFIX");
        missing(&with(("REKOGNITION_SURE", "101")), "FINDME_REKOGNITION_SURE");
        missing(&with(("REKOGNITION_SURE", "70")), "must not be more than");
        missing(&with(("REKOGNITION_PRICE", "cheap")), "FINDME_REKOGNITION_PRICE");
    }

    #[test]
    fn all_that_has_a_default_may_be_left_out() {
        assert!(matches!(read(&[]).unwrap(), (RecognizerChoice::Local, None)));
        let keys = [
            ("REKOGNITION_REGION", "eu-west-1"),
            ("REKOGNITION_ACCESS_KEY_ID", "a"),
            ("REKOGNITION_SECRET_ACCESS_KEY", "secret"),
            ("REKOGNITION_MAYBE", "85.5"),
        ];
        let (choice, there) = read(&keys).unwrap();
        let there = there.unwrap();
        assert_eq!(choice, RecognizerChoice::Local, "new events stay here, those that are there go on");
        assert_eq!(there.settings.collection_prefix, "findme-");
        assert_eq!((there.settings.bands.sure, there.settings.bands.maybe), (0.99, 0.855));
        assert!(!format!("{there:?}").contains("secret"));
    }
}
