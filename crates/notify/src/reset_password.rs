//! Somebody forgot their password.

use domain::Language;

use crate::{Message, line};

/// The mail with the link to choose a new password. `place` is the event of an attendee's account; `None` for staff.
pub fn reset_password(language: Language, place: Option<&str>, link: &str, minutes: u32) -> Message {
    match language {
        Language::En => {
            let (of, account) = match place.map(line) {
                Some(event) => (format!(" for “{event}”"), format!("your account at “{event}”")),
                None => (String::new(), "your FindMe account".to_owned()),
            };
            let minutes = if minutes == 1 { "1 minute".to_owned() } else { format!("{minutes} minutes") };
            Message {
                subject: format!("Choose a new password{of}"),
                body: format!(
                    "Hello,\n\n\
                     Somebody, probably you, asked for a new password for {account}. Choose it here:\n\n\
                     {link}\n\n\
                     The link works once and for {minutes}, so please keep it to yourself.\n\n\
                     If it was not you, you can ignore this mail: your password stays as it is.\n\n\
                     See you soon,\nFindMe\n"
                ),
            }
        }
        Language::Fr => {
            let (of, account) = match place.map(line) {
                Some(event) => (
                    format!(" pour «\u{a0}{event}\u{a0}»"),
                    format!("votre compte à l’événement «\u{a0}{event}\u{a0}»"),
                ),
                None => (String::new(), "votre compte FindMe".to_owned()),
            };
            let plural = if minutes < 2 { "" } else { "s" };
            let minutes = format!("{minutes}\u{a0}minute{plural}");
            Message {
                subject: format!("Choisissez un nouveau mot de passe{of}"),
                body: format!(
                    "Bonjour,\n\n\
                     Quelqu’un, sans doute vous, a demandé un nouveau mot de passe pour {account}. \
                     Choisissez-le ici\u{a0}:\n\n\
                     {link}\n\n\
                     Le lien est valable une seule fois et pendant {minutes} à partir de maintenant\u{a0}: \
                     gardez-le pour vous.\n\n\
                     Si ce n’était pas vous, ignorez ce message\u{a0}: votre mot de passe reste le même.\n\n\
                     À bientôt,\nFindMe\n"
                ),
            }
        }
    }
}
