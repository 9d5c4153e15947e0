//! An attendee's account was made for them.

use domain::Language;

use crate::{Message, line};

/// The mail that tells a person of their account at an event; `link` leads to the page where they choose a password.
pub fn choose_password(language: Language, event_name: &str, link: &str) -> Message {
    let event = line(event_name);
    match language {
        Language::En => Message {
            subject: format!("Your account for “{event}”"),
            body: format!(
                "Hello,\n\n\
                 An account was created for you at “{event}”: there you will find the photos you are in.\n\n\
                 Choose your password to begin:\n\n\
                 {link}\n\n\
                 The account is for this event only. \
                 If you do not want it, you need do nothing: without a password nobody can log in.\n\n\
                 Enjoy your photos,\nFindMe\n"
            ),
        },
        Language::Fr => Message {
            subject: format!("Votre compte pour «\u{a0}{event}\u{a0}»"),
            body: format!(
                "Bonjour,\n\n\
                 Un compte a été créé pour vous à l’événement «\u{a0}{event}\u{a0}»\u{a0}: \
                 vous y retrouverez les photos où vous êtes.\n\n\
                 Choisissez votre mot de passe pour commencer\u{a0}:\n\n\
                 {link}\n\n\
                 Ce compte ne vaut que pour cet événement. Si vous n’en voulez pas, vous n’avez rien à faire\u{a0}: \
                 sans mot de passe, personne ne peut s’y connecter.\n\n\
                 Bonnes photos,\nFindMe\n"
            ),
        },
    }
}
